import { pullThroughCacheRuleNotFound } from '../../../../../registry/errors.js'
import type { Operation } from '../../operation.js'
import { wholeRegistry } from '../../operation-resources.js'
import { cacheRuleShape, cacheRuleOrigin } from '../../shapes/cache-rule-shape.js'
import { rulePrefix } from '../../named-rule.js'

/**
 * Repositories and images stay: only the caching stops.
 * https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_DeletePullThroughCacheRule.html
 */
export const deletePullThroughCacheRule: Operation<'DeletePullThroughCacheRule'> = {
  resources: wholeRegistry,

  async run({ ecrRepositoryPrefix }, { registry, store }) {
    const rule = await store.rules.remove(registry, rulePrefix(ecrRepositoryPrefix))
    if (!rule) throw pullThroughCacheRuleNotFound()
    return { ...cacheRuleShape(rule, registry), ...cacheRuleOrigin(rule) }
  },
}
