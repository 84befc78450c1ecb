import type { PullThroughCacheRule } from '../../../registry/cache-rules/cache-rule.js'
import { ruleForRepository } from '../../../registry/cache-rules/rule-for-repository.js'
import { pullThroughCacheRuleNotFound, repositoryNotFound } from '../../../registry/errors.js'
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

/** The rule that serves a repository name. Throws RepositoryNotFound if there is neither a rule nor a repository. */
export async function ruleServingRepository(
  repository: string,
  { registry, store }: Pick<Context, 'registry' | 'store'>,
): Promise<PullThroughCacheRule | undefined> {
  const [rule, existing] = await Promise.all([
    ruleForRepository(store, registry, repository),
    store.repositories.get(registry, repository),
  ])
  if (!rule && !existing) throw repositoryNotFound(repository, registry.account)
  return rule
}
