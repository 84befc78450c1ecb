import { BATCH_SIZE } from '../../coordination/event-loop.js'
import { listEach } from '../../registry/list-records.js'
import { keyOf } from '../../registry/ports/store.js'
import type { Registry } from '../../registry/registry.js'
import { backfillReplicationKey, backfillWorkKeys } from '../../registry/replication/backfill-records.js'
import {
  type Backfill,
  type BackfillWork,
  isWorkDue,
  keptUntil,
} from '../../registry/replication/replication-backfill.js'
import { attemptEach } from '../attempt-each.js'
import type { Task } from '../tasks.js'
import { copyBackfill } from './backfill-copies.js'
import { recordBackfillEnd } from './replication-events.js'
import { prepareBackfill } from './backfill-preparation.js'
import type { PendingReplicationsDeps } from './pending-replications.js'

/** Read at once of the work of a registry: usually there is none. */
const FIRST_PAGE = 20

/**
 * The task that works on replication backfills. A run does a part of each active one; what it writes makes the task run
 * again at once, so that backfills of all registries advance together.
 */
export const replicationBackfillsTask = (deps: PendingReplicationsDeps): Task => ({
  name: 'replication backfills',
  everyMs: 2_000,
  watches: ['replicationBackfills', 'backfillWork'],
  isDue: () => isAnyDue(deps),
  async run(stopSignal) {
    const { store, clock } = deps
    await attemptEach(await store.registries(), (registry) =>
      attemptEach(listEach(store.backfillWork, registry, { firstPage: FIRST_PAGE }), async (work) => {
        const now = await clock.now()
        if (stopSignal.aborted || isNotDueYet(work, now)) return 'stop'
        const backfill = await store.replicationBackfills.get(registry, work.backfill)
        if (backfill && isWorkDue(backfill, work, now))
          await doWork(deps, registry, { backfill, work, now, stopSignal })
      }),
    )
  },
})

async function isAnyDue({ store, clock }: PendingReplicationsDeps): Promise<boolean> {
  const now = await clock.now()
  for (const registry of await store.registries())
    for await (const work of listEach(store.backfillWork, registry, { firstPage: FIRST_PAGE })) {
      if (isNotDueYet(work, now)) break
      const backfill = await store.replicationBackfills.get(registry, work.backfill)
      if (backfill && isWorkDue(backfill, work, now)) return true
    }
  return false
}

/** Whether this is a removal of the future. Removals come last, in the order in which they are due. */
const isNotDueYet = ({ dueAt }: BackfillWork, now: Date): boolean => dueAt !== undefined && now.getTime() < dueAt

/** What a run works on. */
interface Work {
  readonly backfill: Backfill
  readonly work: BackfillWork
  readonly now: Date
  readonly stopSignal: AbortSignal
}

function doWork(
  deps: PendingReplicationsDeps,
  registry: Registry,
  { backfill, work: { kind }, now, stopSignal }: Work,
): Promise<void> {
  if (kind === 'event') return announceEnd(deps, registry, backfill)
  if (kind === 'removal') return removeBackfill(deps, registry, backfill)
  if (backfill.status === 'PREPARING') return prepareBackfill(deps, registry, backfill)
  return copyBackfill(deps, registry, { backfill, now, stopSignal })
}

async function announceEnd(
  { store, events }: PendingReplicationsDeps,
  registry: Registry,
  backfill: Backfill,
): Promise<void> {
  await recordBackfillEnd(events, registry, backfill)
  await store.backfillWork.remove(registry, backfillWorkKeys.event(backfill))
}

/** Removes a part of the results of a backfill that is no longer returned, and at last the backfill. */
async function removeBackfill(
  { store }: PendingReplicationsDeps,
  registry: Registry,
  { id, endedAt = 0 }: Backfill,
): Promise<void> {
  const prefix = keyOf(id, '')
  await store.transact(registry, async ({ backfillReplications, backfillWork, replicationBackfills }) => {
    const { items, next } = await backfillReplications.list(registry, { limit: BATCH_SIZE, prefix })
    for (const item of items) await backfillReplications.remove(registry, backfillReplicationKey(item))
    if (next !== undefined) return
    await backfillWork.remove(registry, backfillWorkKeys.removal(keptUntil(endedAt), id))
    await replicationBackfills.remove(registry, id)
  })
}
