import { type PullThroughCacheRule, ROOT, ruleServing } from '../registry/cache-rules/cache-rule.js'
import { listAll } from '../registry/list-records.js'
import type { Collection, Store } from '../registry/ports/store.js'
import { installation, type Registry } from '../registry/registry.js'
import type { Amount } from './installation-totals.js'
import { compactDigest, eachRecord } from './record-walk.js'

/** A cache rule of any registry. */
export interface RuleOfRegistry extends Registry {
  readonly rule: PullThroughCacheRule
}

/** What a rule has pulled into the cache. */
export interface RuleHoldings {
  /** The repositories that the rule serves. */
  readonly repositories: number
  /** The images that were pulled through the cache into them. */
  readonly images: number
  /** The layers and configs of these images, each counted once, whether or not their bytes are here. */
  readonly layers: Amount
}

/** The cache rules of all registries. */
export async function rulesOfRegistries(store: Store): Promise<RuleOfRegistry[]> {
  const rules: RuleOfRegistry[] = []
  for (const registry of await store.registries())
    if (registry.account !== installation.account)
      for (const rule of await listAll(store.rules, registry)) rules.push({ ...registry, rule })
  return rules
}

/** What each rule holds. Walks the records with pauses, so the caller decides how often this is done. */
export async function holdingsByRule(store: Store): Promise<Map<string, RuleHoldings>> {
  const holdings = new Map<string, RuleHoldings>()
  const rules = await rulesOfRegistries(store)
  for (const of of rules) holdings.set(ruleKey(of, of.rule.ecrRepositoryPrefix), await holdingsOf(of, rules, store))
  return holdings
}

/** The key of a rule among the holdings. */
export const ruleKey = ({ account, region }: Registry, ecrRepositoryPrefix: string): string =>
  `${account} ${region} ${ecrRepositoryPrefix}`

async function holdingsOf({ rule, ...registry }: RuleOfRegistry, all: readonly RuleOfRegistry[], store: Store) {
  const { account, region } = registry
  const rules = all.filter((other) => other.account === account && other.region === region).map((other) => other.rule)
  const isServed = isServedBy(rule, rules)
  let [repositories, images, bytes] = [0, 0, 0]
  for await (const { name } of underRule(store.repositories, registry, rule)) if (isServed(name)) repositories++
  for await (const { repository, pulledThrough } of underRule(store.images, registry, rule))
    if (pulledThrough && isServed(repository)) images++
  const counted = new Set<string>()
  for await (const { repository, digest, size, pulledThrough } of underRule(store.layers, registry, rule)) {
    const id = compactDigest(digest)
    if (!pulledThrough || counted.has(id) || !isServed(repository)) continue
    counted.add(id)
    bytes += size
  }
  return { repositories, images, layers: { count: counted.size, bytes } }
}

const underRule = <T>(collection: Collection<T>, registry: Registry, { ecrRepositoryPrefix }: PullThroughCacheRule) =>
  eachRecord(collection, registry, ecrRepositoryPrefix === ROOT ? '' : `${ecrRepositoryPrefix}/`)

/** Whether a rule serves a repository. The records of a repository follow each other, so its answer is remembered. */
function isServedBy(rule: PullThroughCacheRule, rules: readonly PullThroughCacheRule[]) {
  let last: { readonly repository: string; readonly isServed: boolean } | undefined
  return (repository: string): boolean => {
    if (last?.repository !== repository)
      last = {
        repository,
        isServed: ruleServing(repository, [...rules])?.ecrRepositoryPrefix === rule.ecrRepositoryPrefix,
      }
    return last.isServed
  }
}
