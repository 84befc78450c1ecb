import type { FoundImage, ImageFailure } from '../images/find-image.js'
import type { ImageId } from '../images/image.js'
import type { Principal } from '../principal.js'
import type { Registry } from '../registry.js'
import type { RequestContext } from '../request-context.js'

/**
 * Runs work that waits for an upstream. Throws ThrottlingException if too many requests of the account do so already.
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
 * Imports images from upstreams. The control plane uses it, the data plane implements it. In one process this is a
 * call, in two a request that only the control plane can sign.
 */
export interface Importer {
  /**
   * The image that a pull returns: from the cache if that is fresh, otherwise from the upstream of the rule that covers
   * the repository. Throws RepositoryNotFound if there is neither a repository nor a rule, and ThrottlingException if
   * `wait` does, which runs all work that waits for the upstream.
   */
  pull(request: PullRequest, wait: Wait): Promise<FoundImage | ImageFailure>
  /** Checks the upstream even within the 24 hours, and returns once the image is here with all its blobs. */
  importImage(request: PullRequest, wait: Wait): Promise<FoundImage | ImageFailure>
}

/** The endpoint of a data plane that imports images for a control plane in another process. */
export const importsEndpoint = { path: '/_imports' } as const
