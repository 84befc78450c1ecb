import { secretNotFound } from '../../../../../registry/errors.js'
import { UpstreamFailure } from '../../../../../registry/ports/upstream.js'
import type { PullThroughCacheRule } from '../../../../../registry/cache-rules/cache-rule.js'
import { upstreamFailureReason } from '../../../../../registry/cache-rules/upstream-failure-reason.js'
import { ruleSecret } from '../../../../../registry/cache-rules/upstream-secret.js'
import type { Context } from '../../../context.js'
import type { Operation } from '../../operation.js'
import { wholeRegistry } from '../../operation-resources.js'
import { cacheRuleShape } from '../../shapes/cache-rule-shape.js'
import { requireRule } from '../../named-rule.js'

/**
 * https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_ValidatePullThroughCacheRule.html
 *
 * @exact The upstream is asked with the rule's credentials; the messages of refused credentials and of a missing
 *   secret.
 * @inferred Every other failure is in our words.
 */
export const validatePullThroughCacheRule: Operation<'ValidatePullThroughCacheRule'> = {
  resources: wholeRegistry,

  async run({ ecrRepositoryPrefix }, context) {
    const rule = await requireRule(ecrRepositoryPrefix, context)
    const failure = await failureOf(rule, context)
    return {
      ...cacheRuleShape(rule, context.registry),
      upstreamRegistryUrl: rule.upstreamRegistryUrl,
      isValid: failure === undefined,
      ...(failure !== undefined && { failure }),
    }
  },
}

/** Why the upstream cannot be reached or refuses the login; undefined where neither is so. */
async function failureOf(rule: PullThroughCacheRule, { registry, secrets, upstreams, settings, wait }: Context) {
  const { upstreamRegistryUrl, credentialArn } = rule
  if (settings.egress === 'none') {
    return `The upstream registry ${upstreamRegistryUrl} cannot be reached: network.egress is set to none.`
  }
  const credentials = credentialArn === undefined ? undefined : await ruleSecret(credentialArn, registry, secrets)
  if (credentialArn !== undefined && !credentials) return secretNotFound().message
  try {
    const upstream = upstreams.of(upstreamRegistryUrl, registry.account, credentials)
    await wait(() => upstream.ping())
    return undefined
  } catch (error) {
    if (error instanceof UpstreamFailure) return upstreamFailureReason(error)
    throw error
  }
}
