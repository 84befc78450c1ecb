import { pullThroughCacheRuleNotFound } from '../../../../../registry/errors.js'
import type { Operation } from '../../operation.js'
import { wholeRegistry } from '../../resources.js'
import { describe, describeOrigin } from '../../shapes/cache-rule-shape.js'
import { rulePrefix } from '../../rule-prefix.js'

/**
 * Repositories and images stay: only the caching stops.
 * https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_DeletePullThroughCacheRule.html
 */
export const deletePullThroughCacheRule: Operation<'DeletePullThroughCacheRule'> = {
  resources: wholeRegistry,

  async run({ ecrRepositoryPrefix }, { registry, store }) {
    const rule = await store.rules.remove(registry, rulePrefix(ecrRepositoryPrefix))
    if (!rule) throw pullThroughCacheRuleNotFound()
    return { ...describe(rule, registry), ...describeOrigin(rule) }
  },
}
