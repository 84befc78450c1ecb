import type { FoundImage, ImageFailure } from '../images/find-image.js'
import type { ImageId } from '../images/image.js'
import type { Principal } from '../principal.js'
import type { Registry } from '../registry.js'
import type { RequestContext } from '../request-context.js'

/** Runs work that waits for an upstream. Throws ThrottlingException where too many requests of the account are waiting. */
export type Wait = <T>(work: () => Promise<T>) => Promise<T>

/** A client's request for an image. */
export interface PullRequest {
  readonly registry: Registry
  readonly repository: string
  readonly imageId: ImageId
  readonly principal: Principal
  readonly request: RequestContext
}

/**
 * Imports, as the control plane asks for them and the data plane does them: in one process by a call, in two by a request
 * that only the control plane can sign.
 */
export interface Importer {
  /**
   * The image that a pull is answered with: cached and fresh, or imported from the upstream of the rule that serves the
   * name. Whatever waits for an upstream runs in `wait`. Throws RepositoryNotFound where there is neither a repository nor a
   * rule, and what `wait` throws.
   */
  pull(request: PullRequest, wait: Wait): Promise<FoundImage | ImageFailure>
  /** Asks the upstream even within the 24 hours, and answers when the image is cached with all its blobs. */
  importImage(request: PullRequest, wait: Wait): Promise<FoundImage | ImageFailure>
}

/** Where a data plane takes imports from a control plane in another process. */
export const importsEndpoint = { path: '/_imports' } as const
