import type { FoundImage, ImageFailure } from '../images/find-image.js'
import type { ImageId } from '../images/image.js'
import type { Principal } from '../principal.js'
import type { Registry } from '../registry.js'
import type { RequestContext } from '../request-context.js'

/**
 * Runs work that waits for an upstream. Throws ThrottlingException if too many requests of the account are already
 * waiting.
 */
export type Wait = <T>(work: () => Promise<T>) => Promise<T>

/** A request of a client to pull an image. */
export interface PullRequest {
  readonly registry: Registry
  readonly repository: string
  readonly imageId: ImageId
  readonly principal: Principal
  readonly request: RequestContext
}

/**
 * Imports images from upstreams. The control plane uses it, the data plane implements it. It is a function call if both
 * run in one process, and otherwise a request that only the control plane can sign.
 */
export interface Importer {
  /**
   * The image that a pull returns: from the cache if that is fresh, otherwise from the upstream of the rule that covers
   * the repository. All work that waits for the upstream runs through `wait`. Throws RepositoryNotFound if there is
   * neither a repository nor a rule, and ThrottlingException if `wait` throws it.
   */
  pull(request: PullRequest, wait: Wait): Promise<FoundImage | ImageFailure>
  /**
   * Imports the image, and checks the upstream even if the last check was less than 24 hours ago. Resolves once the
   * image and all its blobs are stored.
   */
  importImage(request: PullRequest, wait: Wait): Promise<FoundImage | ImageFailure>
  /**
   * Imports the referrers that a cached image has in the upstream, if the six hours since the last check are over. The
   * image is pulled first if it is not cached. Throws RepositoryNotFound like a pull, and ThrottlingException if `wait`
   * throws it.
   */
  refreshReferrers(request: PullRequest, wait: Wait): Promise<ReferrersRefresh>
}

/** What is known of an image's referrers after a refresh. */
export interface ReferrersRefresh {
  /** Why the upstream has never listed them; absent if it has, or if no upstream is asked. */
  readonly failure?: string
}

/** The endpoint of a data plane that imports images for a control plane in another process. */
export const importsEndpoint = { path: '/_imports' } as const
