import { pullThroughCacheRuleNotFound } from '../../../../../registry/errors.js'
import type { Operation } from '../../operation.js'
import { wholeRegistry } from '../../operation-resources.js'
import { cacheRuleShape, cacheRuleOrigin } from '../../shapes/cache-rule-shape.js'
import { rulePrefix } from '../../named-rule.js'

/**
 * Repositories and cached images stay.
 * https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_DeletePullThroughCacheRule.html
 *
 * @exact The members of the answer. Repositories and cached images stay, and are served from then on without
 *   checks.
 * @inferred The message for a rule that does not exist is the reference's.
 */
export const deletePullThroughCacheRule: Operation<'DeletePullThroughCacheRule'> = {
  resources: wholeRegistry,

  async run({ ecrRepositoryPrefix }, { registry, store }) {
    const rule = await store.rules.remove(registry, rulePrefix(ecrRepositoryPrefix))
    if (!rule) throw pullThroughCacheRuleNotFound()
    return { ...cacheRuleShape(rule, registry), ...cacheRuleOrigin(rule) }
  },
}
