import { createHash } from 'node:crypto'
import type { CacheEvent, PullEvent, RecordedEvent } from './events.js'
import { listAll } from './list-records.js'
import type { EventSink } from './ports/event-sink.js'
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
export type NewEvent = EventSubject & EventKind

interface EventSubject {
  readonly registry: Registry
  /** Absent from an event about a registry as a whole. */
  readonly repository?: string
  /**
   * Identifies what happened within its registry, for work that is repeated after an interruption: of the events with
   * the same text and time only the first is recorded.
   */
  readonly occurrence?: string
  /** Instead of the repository's ARN. */
  readonly resources?: string[]
}

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

/** The store of an event log, and the sinks that its events are delivered to. */
export interface EventLogDeps {
  readonly store: Store
  readonly ids: Ids
  readonly sinks?: readonly Pick<EventSink, 'name' | 'takes'>[]
}

/**
 * An event log in a store. The ids of events contain a counter, so events of the same millisecond stay in order. For
 * each sink that takes the event a second record is written in the same transaction, which `background/event-delivery`
 * removes once it is delivered: the time of an event may be before that of events already delivered, so that a position
 * in the list of events would not do.
 */
export function eventLog({ store, ids, sinks = [] }: EventLogDeps): EventLog {
  let [count, recorded] = [0, 0]
  const counted = () => String(count++).padStart(8, '0')

  async function record({ registry, repository, occurrence, ...kind }: NewEvent, now: Date): Promise<void> {
    const event: RecordedEvent = {
      version: '0',
      id: occurrence === undefined ? `${counted()}-${ids.uuid()}` : uuidOf(registry, occurrence),
      account: registry.account,
      time: now.toISOString(),
      region: registry.region,
      resources: resourcesOf({ registry, repository, 'detail-type': kind['detail-type'] }),
      ...kind,
    }
    const key = keyOf(event.time, event.id)
    const receivers = sinks.filter(({ takes }) => takes(event))
    if (receivers.length === 0) await store.events.put(installation, key, event)
    else
      await store.transact(installation, async ({ events, undeliveredEvents }) => {
        if (!(await events.insert(installation, key, event))) return
        for (const { name } of receivers) await undeliveredEvents.put(installation, keyOf(name, key), event)
      })
    if (recorded++ % PRUNE_EVERY === 0) await prune(store)
  }

  return {
    record,
    cacheAction: (action, now) => record(cacheEvent(action), now),
    pull: (pull, now) => record(pullEvent(pull), now),
  }
}

/** Types of events whose `resources` the service leaves empty; those of other types name the repository. */
const WITHOUT_RESOURCES: ReadonlySet<string> = new Set([
  'ECR Image Action',
  'ECR Referrer Action',
  'ECR Scan Resource Change',
])

function resourcesOf({ registry, repository, ...kind }: Pick<NewEvent, 'registry' | 'repository' | 'detail-type'>) {
  const isWithout = repository === undefined || WITHOUT_RESOURCES.has(kind['detail-type'])
  return isWithout ? [] : [repositoryArn(registry, repository)]
}

/** An id in the form of a UUID, as EventBridge has them, which is the same for the same occurrence. */
function uuidOf({ account, region }: Registry, occurrence: string): string {
  const hash = createHash('sha256').update(`${account} ${region} ${occurrence}`).digest('hex')
  return [
    hash.slice(0, 8),
    hash.slice(8, 12),
    `5${hash.slice(13, 16)}`,
    `8${hash.slice(17, 20)}`,
    hash.slice(20, 32),
  ].join('-')
}

/** The latest events, oldest first: those that pruning has not removed yet are more. */
export const latestEvents = async (store: Pick<Store, 'events'>): Promise<RecordedEvent[]> =>
  (await listAll(store.events, installation)).slice(-MAX_EVENTS)

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
