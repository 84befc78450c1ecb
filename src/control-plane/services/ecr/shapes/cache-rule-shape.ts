import type { UpstreamRegistry } from '@aws-sdk/client-ecr'
import type { PullThroughCacheRule } from '../../../../registry/cache-rules/cache-rule.js'
import type { Registry } from '../../../../registry/registry.js'

/**
 * What every answer about a cache rule tells; each operation adds what is its own. Members never set are absent, the
 * upstream prefix too: Terraform's provider would replace a rule that suddenly has one.
 */
export const describe = (rule: PullThroughCacheRule, registry: Registry) => ({
  ecrRepositoryPrefix: rule.ecrRepositoryPrefix,
  registryId: registry.account,
  ...(rule.upstreamRepositoryPrefix !== undefined && { upstreamRepositoryPrefix: rule.upstreamRepositoryPrefix }),
  ...(rule.credentialArn !== undefined && { credentialArn: rule.credentialArn }),
  ...(rule.customRoleArn !== undefined && { customRoleArn: rule.customRoleArn }),
})

/** Where a rule's images come from, and since when: the members Create, Describe and Delete add. */
export const describeOrigin = ({ upstreamRegistryUrl, createdAt }: PullThroughCacheRule) => ({
  upstreamRegistryUrl,
  createdAt: new Date(createdAt),
})

/** Which kind of registry the upstream is: only Create and Describe say so, and only of one the service knows. */
export const describeKind = ({ upstreamRegistry }: PullThroughCacheRule) =>
  // A rule is made with no other kinds than the SDK's: they come from the registry's list of known upstreams.
  upstreamRegistry === undefined ? {} : { upstreamRegistry: upstreamRegistry as UpstreamRegistry }
