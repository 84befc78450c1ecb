import type { PullThroughCacheRule } from '../cache-rules/cache-rule.js'
import type { Registry } from '../registry.js'

/** A registry that reads from another one of this installation, through a cache rule. */
export interface RegistryReader {
  /** The registry that has the rule. */
  readonly registry: Registry
  readonly rule: PullThroughCacheRule
}

/** What a cache needs permission for in an upstream registry. */
export type UpstreamAction =
  'ecr:BatchGetImage' | 'ecr:BatchImportUpstreamImage' | 'ecr:GetDownloadUrlForLayer' | 'ecr:GetAuthorizationToken'

/** Decides whether a cache may read from another registry of this installation. */
export interface UpstreamAccess {
  /**
   * Returns if the role that the rule's cache uses may take all these actions in the upstream registry: on a repository
   * of this name, or on none if it is undefined. Throws UpstreamFailure.
   */
  require(
    reader: RegistryReader,
    upstream: Registry,
    repository: string | undefined,
    actions: readonly UpstreamAction[],
  ): Promise<void>
}
