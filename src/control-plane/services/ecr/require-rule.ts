import { pullThroughCacheRuleNotFound } from '../../../registry/errors.js'
import type { PullThroughCacheRule } from '../../../registry/cache-rules/cache-rule.js'
import type { Context } from './operation.js'
import { rulePrefix } from './rule-prefix.js'

/** The rule of this prefix, with or without its slash. Throws PullThroughCacheRuleNotFound. */
export async function requireRule(
  prefix: string,
  { registry, store }: Pick<Context, 'registry' | 'store'>,
): Promise<PullThroughCacheRule> {
  const rule = await store.rules.get(registry, rulePrefix(prefix))
  if (!rule) throw pullThroughCacheRuleNotFound()
  return rule
}
