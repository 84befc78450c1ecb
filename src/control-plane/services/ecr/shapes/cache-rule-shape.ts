import type { UpstreamRegistry } from '@aws-sdk/client-ecr'
import type { PullThroughCacheRule } from '../../../../registry/cache-rules/cache-rule.js'
import type { Registry } from '../../../../registry/registry.js'

/**
 * The members of a cache rule that every answer has; each operation adds its own. Members that were never set are
 * omitted, including the upstream prefix: Terraform's provider would replace a rule that suddenly has one.
 */
export const cacheRuleShape = (rule: PullThroughCacheRule, registry: Registry) => ({
  ecrRepositoryPrefix: rule.ecrRepositoryPrefix,
  registryId: registry.account,
  ...(rule.upstreamRepositoryPrefix !== undefined && { upstreamRepositoryPrefix: rule.upstreamRepositoryPrefix }),
  ...(rule.credentialArn !== undefined && { credentialArn: rule.credentialArn }),
  ...(rule.customRoleArn !== undefined && { customRoleArn: rule.customRoleArn }),
})

/** The members that Create, Describe and Delete add: the upstream's URL and the time of creation. */
export const cacheRuleOrigin = ({ upstreamRegistryUrl, createdAt }: PullThroughCacheRule) => ({
  upstreamRegistryUrl,
  createdAt: new Date(createdAt),
})

/** The kind of the upstream registry, which only Create and Describe return, and only if the service supports it. */
export const cacheRuleKind = ({ upstreamRegistry }: PullThroughCacheRule) =>
  // Rules are created only with kinds from the list of supported upstreams, which are those of the SDK.
  upstreamRegistry === undefined ? {} : { upstreamRegistry: upstreamRegistry as UpstreamRegistry }
