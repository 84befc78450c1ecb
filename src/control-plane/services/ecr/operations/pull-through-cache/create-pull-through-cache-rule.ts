import { acceptUpstream } from '../../../../../registry/cache-rules/accept-upstream.js'
import {
  featureDisabled,
  invalidParameterAt,
  limitExceeded,
  pullThroughCacheRuleAlreadyExists,
} from '../../../../../registry/errors.js'
import { keyOf } from '../../../../../registry/ports/store.js'
import { type PullThroughCacheRule, ROOT } from '../../../../../registry/cache-rules/cache-rule.js'
import { installation } from '../../../../../registry/registry.js'
import { SERVICE_LINKED_ROLE } from '../../../../../registry/cache-rules/service-linked-role.js'
import type { Context } from '../../../context.js'
import type { Input, Operation } from '../../operation.js'
import { passedRole, wholeRegistry } from '../../operation-resources.js'
import { cacheRuleShape, cacheRuleKind, cacheRuleOrigin } from '../../shapes/cache-rule-shape.js'
import { rulePrefix } from '../../named-rule.js'

/**
 * The first rule of an account also creates the service-linked role.
 * https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_CreatePullThroughCacheRule.html
 * https://docs.aws.amazon.com/AmazonECR/latest/userguide/slr-pullthroughcache.html
 *
 * @exact Prefixes with ROOT, the hosts of each kind of upstream, which of them need a secret, the refusals, the
 *   quota, the service-linked role, and that the content of the secret is not looked at.
 * @inferred The messages for an existing rule, the quota, invalid prefixes and a host that does not fit
 *   upstreamRegistry. A rule for another account without a role is accepted; its pulls are refused. Every failure to
 *   read a secret that is neither its absence nor its decryption is UnableToAccessSecretException.
 */
export const createPullThroughCacheRule: Operation<'CreatePullThroughCacheRule'> = {
  resources: (input) => [...wholeRegistry(), ...passedRole(input)],

  async run(input, context) {
    const { registry, store, secrets, settings, now } = context
    if (settings.unsupportedRegions.includes(registry.region)) throw featureDisabled()
    const prefixes = acceptPrefixes(input)
    const upstream = await acceptUpstream(input, settings.upstreamHosts, registry, secrets)
    const { customRoleArn } = input
    const rule = {
      ...prefixes,
      ...upstream,
      ...(customRoleArn !== undefined && { customRoleArn }),
      createdAt: now.getTime(),
      updatedAt: now.getTime(),
    }
    await insert(rule, context)
    const role = { account: registry.account, roleName: SERVICE_LINKED_ROLE, createdAt: now.getTime() }
    await store.roles.insert(installation, keyOf(role.account, role.roleName), role)
    return { ...cacheRuleShape(rule, registry), ...cacheRuleOrigin(rule), ...cacheRuleKind(rule) }
  },
}

function acceptPrefixes(input: Input<'CreatePullThroughCacheRule'>) {
  const ecrRepositoryPrefix = rulePrefix(input.ecrRepositoryPrefix)
  if (input.upstreamRepositoryPrefix === undefined) return { ecrRepositoryPrefix }
  const upstreamRepositoryPrefix = rulePrefix(input.upstreamRepositoryPrefix)
  if (ecrRepositoryPrefix === ROOT && upstreamRepositoryPrefix !== ROOT) {
    throw invalidParameterAt('upstreamRepositoryPrefix', 'must be ROOT when ecrRepositoryPrefix is set as ROOT')
  }
  return { ecrRepositoryPrefix, upstreamRepositoryPrefix }
}

/** Rules are counted in the transaction that adds one, so that the quota holds when several calls race. */
function insert(rule: PullThroughCacheRule, { registry, store, quotas }: Context): Promise<void> {
  const quota = quotas.pullThroughCacheRules
  return store.transact(registry, async ({ rules }) => {
    const existing = await rules.list(registry, { limit: quota + 1 })
    if (await rules.get(registry, rule.ecrRepositoryPrefix)) throw pullThroughCacheRuleAlreadyExists()
    if (existing.items.length >= quota) throw limitExceeded()
    await rules.put(registry, rule.ecrRepositoryPrefix, rule)
  })
}
