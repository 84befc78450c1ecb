import type { Ids } from './ports/ids.js'
import { keyOf, type Store } from './ports/store.js'
import type { PullThroughCacheRule } from './pull-through.js'
import { installation, type Registry, repositoryArn } from './registry.js'

/**
 * What the cache did, in EventBridge's shape (`ECR Pull Through Cache Action`), with what a test wants to know beside
 * it: which kind of action, and why it ended as it did.
 * https://docs.aws.amazon.com/AmazonECR/latest/userguide/ecr-eventbridge.html
 */
export interface CacheEvent {
  version: '0'
  id: string
  'detail-type': 'ECR Pull Through Cache Action'
  source: 'aws.ecr'
  account: string
  time: string
  region: string
  resources: string[]
  detail: {
    'rule-version': '1'
    /** AWS documents SUCCESS only; FAILED is ours (docs/fidelity.md). */
    'sync-status': 'SUCCESS' | 'FAILED'
    'ecr-repository-prefix': string
    'repository-name': string
    'upstream-registry-url': string
    'image-tag'?: string
    'image-digest'?: string
    /** Ours: what was attempted. */
    action: 'import' | 'check' | 'eviction'
    /** Ours: how it ended, for example `imported`, `unchanged`, `tag immutable, old image kept`, or why it failed. */
    outcome: string
  }
}

/** The facts of one action of the cache. */
export interface CacheAction {
  registry: Registry
  repository: string
  rule: Pick<PullThroughCacheRule, 'ecrRepositoryPrefix' | 'upstreamRegistryUrl'>
  action: CacheEvent['detail']['action']
  succeeded: boolean
  outcome: string
  tag?: string | undefined
  digest?: string | undefined
}

/** Older events than the last ten thousand are dropped. */
const MAX_EVENTS = 10_000
const PRUNE_EVERY = 100

/** Writes down what the cache does. Ids order the events of one instant. */
export function eventLog({ store, ids }: { store: Store; ids: Ids }) {
  let count = 0

  return async function recordEvent(action: CacheAction, now: Date): Promise<void> {
    const event = eventOf(action, now, `${String(count++).padStart(8, '0')}-${ids.uuid()}`)
    await store.events.put(installation, keyOf(event.time, event.id), event)
    if (count % PRUNE_EVERY === 0) await prune(store)
  }
}

async function prune(store: Store) {
  const { items } = await store.events.list(installation, { limit: MAX_EVENTS + PRUNE_EVERY })
  for (const { time, id } of items.slice(0, Math.max(0, items.length - MAX_EVENTS))) {
    await store.events.remove(installation, keyOf(time, id))
  }
}

function eventOf(facts: CacheAction, now: Date, id: string): CacheEvent {
  const { registry, repository, rule, action, succeeded, outcome, tag, digest } = facts
  return {
    version: '0',
    id,
    'detail-type': 'ECR Pull Through Cache Action',
    source: 'aws.ecr',
    account: registry.account,
    time: now.toISOString(),
    region: registry.region,
    resources: [repositoryArn(registry, repository)],
    detail: {
      'rule-version': '1',
      'sync-status': succeeded ? 'SUCCESS' : 'FAILED',
      'ecr-repository-prefix': rule.ecrRepositoryPrefix,
      'repository-name': repository,
      'upstream-registry-url': rule.upstreamRegistryUrl,
      ...(tag !== undefined && { 'image-tag': tag }),
      ...(digest !== undefined && { 'image-digest': digest }),
      action,
      outcome,
    },
  }
}
