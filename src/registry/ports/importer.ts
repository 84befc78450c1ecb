import type { FoundImage, ImageFailure } from '../images/find-image.js'
import type { ImageId } from '../images/image.js'
import type { Principal } from '../principal.js'
import type { Registry } from '../registry.js'
import type { RequestContext } from '../request-context.js'

/** Runs work that waits for an upstream. Throws ThrottlingException where too many requests of its account do so. */
export type Wait = <T>(work: () => Promise<T>) => Promise<T>

/** An image that a client wants to have. */
export interface PullRequest {
  readonly registry: Registry
  readonly repository: string
  readonly imageId: ImageId
  readonly principal: Principal
  readonly request: RequestContext
}

/**
 * Where the planes meet over imports: the control plane asks, the data plane does it. In one process a call, in two a
 * request that only the control plane can sign.
 */
export interface Importer {
  /**
   * The image a pull would be answered with: cached and fresh, or brought from the upstream of the rule that serves
   * the name. Throws RepositoryNotFound where neither repository nor rule is there, ThrottlingException where `wait` does:
   * what waits for an upstream waits in it.
   */
  pull(request: PullRequest, wait: Wait): Promise<FoundImage | ImageFailure>
  /** Asks the upstream whatever the 24 hours say, and answers when the image is here with all its blobs. */
  importImage(request: PullRequest, wait: Wait): Promise<FoundImage | ImageFailure>
}

/** Where a data plane takes imports from a control plane in another process. */
export const importsEndpoint = { path: '/_imports' } as const
