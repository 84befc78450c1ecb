import { listAll } from '../list-records.js'
import type { Store } from '../ports/store.js'
import type { Registry } from '../registry.js'
import { type PullThroughCacheRule, ruleServing } from './cache-rule.js'

/** The rule that serves a repository name now: read each time, so that a new or a deleted rule takes effect at once. */
export async function ruleForRepository(
  store: Pick<Store, 'rules'>,
  registry: Registry,
  repository: string,
): Promise<PullThroughCacheRule | undefined> {
  return ruleServing(repository, await listAll(store.rules, registry))
}
