import type { CacheEvent } from './events.js'
import { listAll } from './list-all.js'
import type { Ids } from './ports/ids.js'
import { keyOf, type Store } from './ports/store.js'
import type { PullThroughCacheRule } from './pull-through.js'
import { installation, type Registry, repositoryArn } from './registry.js'
import { serviceLinkedRoleArn } from './service-linked-role.js'

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

/** Older events than the last ten thousand are dropped, at a process's first event too: many a process has few. */
const MAX_EVENTS = 10_000
const PRUNE_EVERY = 100

/** Writes down what the cache does. Ids order the events of one instant. */
export function eventLog({ store, ids }: { store: Store; ids: Ids }) {
  let count = 0

  return async function recordEvent(action: CacheAction, now: Date): Promise<void> {
    const event = eventOf(action, now, `${String(count++).padStart(8, '0')}-${ids.uuid()}`)
    await store.events.put(installation, keyOf(event.time, event.id), event)
    if (count % PRUNE_EVERY === 1) await prune(store)
  }
}

async function prune(store: Store) {
  const events = await listAll(store.events, installation)
  for (const { time, id } of events.slice(0, -MAX_EVENTS)) {
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
      principal: serviceLinkedRoleArn(registry.account),
    },
  }
}
