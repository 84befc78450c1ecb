import type { PullThroughCacheRule } from '../../../registry/cache-rules/cache-rule.js'
import { pullThroughCacheRuleNotFound } from '../../../registry/errors.js'
import type { Context } from '../context.js'

/** A prefix as rules store it, without a trailing slash: `ecr-public/` and `ecr-public` name the same rule. */
export const rulePrefix = (prefix: string): string => prefix.replace(/\/$/, '')

/** The rule of this prefix, with or without a trailing slash. Throws PullThroughCacheRuleNotFound. */
export async function requireRule(
  prefix: string,
  { registry, store }: Pick<Context, 'registry' | 'store'>,
): Promise<PullThroughCacheRule> {
  const rule = await store.rules.get(registry, rulePrefix(prefix))
  if (!rule) throw pullThroughCacheRuleNotFound()
  return rule
}
