import type { EventLog } from '../../registry/event-log.js'
import { listEach } from '../../registry/list-records.js'
import type { Clock } from '../../registry/ports/clock.js'
import { keyOf, type Store } from '../../registry/ports/store.js'
import type { Registry } from '../../registry/registry.js'
import {
  type PendingReplication,
  replicationKey,
  replicationName,
  type ReplicationResult,
  withResult,
} from '../../registry/replication/image-replication.js'
import type { CopyOutcome, ImageCopy } from '../../registry/replication/image-copy.js'
import { nextAttempt } from '../../registry/replication/replication-attempts.js'
import { registryOf } from '../../registry/replication/replication-configuration.js'
import { firstDue } from '../any-due.js'
import { attemptEach } from '../attempt-each.js'
import type { Task } from '../tasks.js'
import { recordReplication } from './replication-events.js'
import type { Replicate } from './replicator.js'

/** The parts that replicating pushed images needs. */
export interface PendingReplicationsDeps {
  readonly store: Store
  readonly clock: Pick<Clock, 'now'>
  readonly events: Pick<EventLog, 'record'>
  readonly replicate: Replicate
}

/** So that one registry does not keep the images of others waiting. */
const MAX_PER_REGISTRY = 200

/** Read at once of what is pending: usually nothing is. */
const FIRST_PAGE = 20

/**
 * The task that copies images to the destinations that were planned for them, in the order in which they are due. What
 * is not complete yet is tried again later, until there have been too many attempts.
 */
export const pendingReplicationsTask = (deps: PendingReplicationsDeps): Task => ({
  name: 'replication',
  everyMs: 2_000,
  watches: ['pendingReplications'],
  async isDue() {
    const now = (await deps.clock.now()).getTime()
    return firstDue(deps.store, deps.store.pendingReplications, ({ dueAt }) => dueAt <= now)
  },
  async run(stopSignal) {
    const { store } = deps
    await attemptEach(await store.registries(), async (registry) => {
      let count = 0
      const page = { firstPage: FIRST_PAGE }
      await attemptEach(listEach(store.pendingReplications, registry, page), async (pending) => {
        const now = await deps.clock.now()
        if (stopSignal.aborted || pending.dueAt > now.getTime() || ++count > MAX_PER_REGISTRY) return 'stop'
        await attempt(deps, registry, pending, now)
      })
    })
  },
})

async function attempt(
  { store, events, replicate }: PendingReplicationsDeps,
  source: Registry,
  pending: PendingReplication,
  now: Date,
): Promise<void> {
  const { repository, digest, tags } = pending
  if (!(await store.images.get(source, keyOf(repository, digest)))) {
    await store.pendingReplications.remove(source, replicationKey(pending))
    return
  }
  const copy: ImageCopy = { source, destination: registryOf(pending.destination), repository, digest, tags, now }
  const outcome = await replicate(copy)
  const later = outcome.status === 'INCOMPLETE' ? nextAttempt(pending, now) : undefined
  if (later) return postpone(store, source, pending, later)
  const result = resultOf(outcome)
  // If the process ends between the two, the event is recorded again, with the same id, rather than not at all.
  const eventResult = result.status === 'COMPLETE' ? 'SUCCESS' : 'FAILED'
  await recordReplication(events, copy, eventResult, replicationName(pending))
  await conclude(store, source, pending, result)
}

const resultOf = (outcome: CopyOutcome): ReplicationResult =>
  outcome.status === 'COMPLETE' ? { status: 'COMPLETE' } : { status: 'FAILED', failureCode: outcome.failureCode }

const postpone = (store: Store, source: Registry, pending: PendingReplication, later: PendingReplication) =>
  store.transact(source, async ({ pendingReplications }) => {
    await pendingReplications.remove(source, replicationKey(pending))
    await pendingReplications.put(source, replicationKey(later), later)
  })

const conclude = (store: Store, source: Registry, pending: PendingReplication, result: ReplicationResult) =>
  store.transact(source, async ({ pendingReplications, imageReplications }) => {
    const { repository, digest, destination } = pending
    await pendingReplications.remove(source, replicationKey(pending))
    await imageReplications.update(source, keyOf(repository, digest), (record) =>
      withResult(record, destination, result, replicationName(pending)),
    )
  })
