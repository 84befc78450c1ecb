import type { PullThroughCacheRule } from '../../../../../registry/cache-rules/cache-rule.js'
import type { Registry } from '../../../../../registry/registry.js'
import type { Operation } from '../../operation.js'
import { pageOf, refusePagingWith, tokenOf } from '../../paging.js'
import { wholeRegistry } from '../../operation-resources.js'
import { cacheRuleShape, cacheRuleKind, cacheRuleOrigin } from '../../shapes/cache-rule-shape.js'
import { requireRule } from '../../named-rule.js'

/**
 * https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_DescribePullThroughCacheRules.html
 *
 * @exact Every rule or those named, in pages; the members, and those that the service leaves out.
 * @inferred The message for a rule that does not exist is the reference's; the order is that of the prefixes.
 */
export const describePullThroughCacheRules: Operation<'DescribePullThroughCacheRules'> = {
  resources: wholeRegistry,

  async run(input, context) {
    const { registry, store } = context
    const { ecrRepositoryPrefixes } = input
    refusePagingWith('ecrRepositoryPrefixes', ecrRepositoryPrefixes, input)
    const page = ecrRepositoryPrefixes
      ? { items: await Promise.all(ecrRepositoryPrefixes.map((prefix) => requireRule(prefix, context))) }
      : await store.rules.list(registry, pageOf('DescribePullThroughCacheRules', input))
    return { pullThroughCacheRules: page.items.map((rule) => describeRule(rule, registry)), ...tokenOf(page) }
  },
}

const describeRule = (rule: PullThroughCacheRule, registry: Registry) => ({
  ...cacheRuleShape(rule, registry),
  ...cacheRuleOrigin(rule),
  ...cacheRuleKind(rule),
  updatedAt: new Date(rule.updatedAt),
})
