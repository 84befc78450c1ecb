import type { CacheEvent, PullEvent, RecordedEvent } from './events.js'
import { listAll } from './list-records.js'
import type { Ids } from './ports/ids.js'
import { keyOf, type Store } from './ports/store.js'
import type { PullThroughCacheRule } from './cache-rules/cache-rule.js'
import { installation, type Registry, repositoryArn } from './registry.js'
import { serviceLinkedRoleArn } from './cache-rules/service-linked-role.js'

/** An action of the pull through cache that is recorded as an event. */
export interface CacheAction {
  registry: Registry
  repository: string
  rule: Pick<PullThroughCacheRule, 'ecrRepositoryPrefix' | 'upstreamRegistryUrl'>
  action: CacheEvent['detail']['action']
  status: CacheEvent['detail']['sync-status']
  outcome: string
  tag?: string | undefined
  digest?: string | undefined
}

/** A client's pull that is recorded as an event. */
export interface ClientPull {
  registry: Registry
  repository: string
  detail: Omit<PullEvent['detail'], 'repository-name'>
}

/** Records events in the store, from which `/_admin/events` lists those of all planes. */
export interface EventLog {
  /** Records an event. Events of one type and one moment stay in the order of the calls. */
  readonly record: (event: NewEvent, now: Date) => Promise<void>
  readonly cacheAction: (action: CacheAction, now: Date) => Promise<void>
  readonly pull: (pull: ClientPull, now: Date) => Promise<void>
}

/** An event without the members of its envelope that are the same for all events. */
export type NewEvent = {
  readonly registry: Registry
  /** Absent from an event about the registry as a whole. */
  readonly repository?: string
} & EventKind

/** The type, source and detail of each kind of event. */
type EventKind = RecordedEvent extends infer E
  ? E extends RecordedEvent
    ? Pick<E, 'detail-type' | 'source' | 'detail'>
    : never
  : never

/** The most events that are stored. */
const MAX_EVENTS = 10_000

/**
 * Older events are removed after the first event of a process, because many processes record only a few, and then after
 * every thousand: finding the oldest means listing all.
 */
const PRUNE_EVERY = 1000

/** An event log in a store. The ids of events contain a counter, so events of the same millisecond stay in order. */
export function eventLog({ store, ids }: { store: Store; ids: Ids }): EventLog {
  let count = 0

  async function record({ registry, repository, ...kind }: NewEvent, now: Date): Promise<void> {
    const event: RecordedEvent = {
      version: '0',
      id: `${String(count++).padStart(8, '0')}-${ids.uuid()}`,
      account: registry.account,
      time: now.toISOString(),
      region: registry.region,
      resources: repository === undefined ? [] : [repositoryArn(registry, repository)],
      ...kind,
    }
    await store.events.put(installation, keyOf(event.time, event.id), event)
    if (count % PRUNE_EVERY === 1) await prune(store)
  }

  return {
    record,
    cacheAction: (action, now) => record(cacheEvent(action), now),
    pull: (pull, now) => record(pullEvent(pull), now),
  }
}

async function prune(store: Store) {
  const events = await listAll(store.events, installation)
  for (const { time, id } of events.slice(0, -MAX_EVENTS)) {
    await store.events.remove(installation, keyOf(time, id))
  }
}

function cacheEvent({ registry, repository, rule, action, status, outcome, tag, digest }: CacheAction): NewEvent {
  return {
    registry,
    repository,
    'detail-type': 'ECR Pull Through Cache Action',
    source: 'aws.ecr',
    detail: {
      'rule-version': '1',
      'sync-status': status,
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

const pullEvent = ({ registry, repository, detail }: ClientPull): NewEvent => ({
  registry,
  repository,
  'detail-type': 'ecr-local Image Pull',
  source: 'ecr-local',
  detail: { 'repository-name': repository, ...detail },
})
