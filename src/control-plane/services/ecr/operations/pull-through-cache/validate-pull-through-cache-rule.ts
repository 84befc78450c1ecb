import { secretNotFound } from '../../../../../registry/errors.js'
import { SecretFailure } from '../../../../../registry/ports/secrets.js'
import { type Upstream, UpstreamFailure } from '../../../../../registry/ports/upstream.js'
import { secretException } from '../../../../../registry/cache-rules/cache-errors.js'
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
 * @exact The upstream is contacted, the present secret is read and its form is checked, and the login is tried.
 * @inferred The texts of `failure`, which are not public. A rule without credentials is validated like any other.
 * @notModelled Whether the upstream's policies allow the reading of images is found by a pull.
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
async function failureOf(rule: PullThroughCacheRule, context: Context): Promise<string | undefined> {
  const { registry, ruleUpstreams, settings, wait } = context
  const { upstreamRegistryUrl } = rule
  const upstream = ruleUpstreams.of(rule, registry)
  if (settings.egress === 'none' && !upstream.isInProcess)
    return `The upstream registry ${upstreamRegistryUrl} cannot be reached: network.egress is set to none.`
  return wait(async () => (await secretProblem(rule, context)) ?? (await pingProblem(upstream)))
}

/** What is wrong with the present secret of the rule. */
async function secretProblem({ credentialArn }: PullThroughCacheRule, { registry, secrets }: Context) {
  if (credentialArn === undefined) return undefined
  try {
    const found = await ruleSecret(credentialArn, registry, secrets, { isFresh: true })
    return found ? undefined : secretNotFound().message
  } catch (error) {
    if (error instanceof SecretFailure) return (secretException(error) ?? error).message
    throw error
  }
}

async function pingProblem(upstream: Upstream): Promise<string | undefined> {
  try {
    await upstream.ping()
    return undefined
  } catch (error) {
    if (error instanceof UpstreamFailure) return upstreamFailureReason(error)
    throw error
  }
}
