import { limitExceeded } from '../errors.js'
import { listAll } from '../list-records.js'
import { keyOf, type Records, type Store } from '../ports/store.js'
import type { Registry } from '../registry.js'
import {
  type Backfill,
  type BackfillReplication,
  type BackfillWork,
  isKept,
  keptUntil,
  newBackfill,
  type TerminalStatus,
  withEnd,
} from './replication-backfill.js'
import {
  allDestinations,
  isSameDestination,
  REPLICATION_CONFIGURATION,
  type ReplicationDestination,
} from './replication-configuration.js'
import {
  destinationNotConfigured,
  replicationBackfillInProgress,
  replicationBackfillInvalidStatus,
  replicationBackfillNotFound,
} from './replication-errors.js'

/** https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_StartReplicationBackfill.html */
const MAX_ACTIVE = 10

/** The key of one replication of a backfill. */
export const backfillReplicationKey = ({ backfill, repository, digest, tag = '' }: BackfillReplication): string =>
  keyOf(backfill, repository, digest, tag)

/** The keys of work, in which the kind comes first so that each can be listed. */
export const backfillWorkKeys = {
  copy: ({ destination }: Pick<Backfill, 'destination'>): string => keyOf('copy', destination.region),
  event: ({ id }: Pick<Backfill, 'id'>): string => keyOf('event', id),
  removal: (dueAt: number, id: string): string => keyOf('removal', String(dueAt).padStart(15, '0'), id),
}

/**
 * Starts a backfill. Throws InvalidParameter if the destination is not configured, ReplicationBackfillInProgress if its
 * Region has an active backfill, and LimitExceeded if ten are active.
 * https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_StartReplicationBackfill.html
 */
export const startBackfill = (
  store: Store,
  registry: Registry,
  { id, destination, now }: { readonly id: string; readonly destination: ReplicationDestination; readonly now: Date },
): Promise<Backfill> =>
  store.transact(registry, async ({ replicationConfigurations, replicationBackfills, backfillWork }) => {
    const [configuration, active, hasRoom] = await Promise.all([
      replicationConfigurations.get(registry, REPLICATION_CONFIGURATION),
      backfillWork.get(registry, backfillWorkKeys.copy({ destination })),
      backfillWork.holdsFewerThan(registry, MAX_ACTIVE, keyOf('copy', '')),
    ])
    const configured = allDestinations(configuration?.rules ?? [])
    if (!configured.some((other) => isSameDestination(other, destination))) throw destinationNotConfigured()
    if (active) throw replicationBackfillInProgress()
    if (!hasRoom) throw limitExceeded()
    const backfill = newBackfill(id, destination, now)
    await backfillWork.put(registry, backfillWorkKeys.copy(backfill), { kind: 'copy', backfill: id })
    await replicationBackfills.put(registry, id, backfill)
    return backfill
  })

/**
 * Stops a backfill: at once while it is PREPARING, otherwise after the copies that are being made. Throws
 * ReplicationBackfillNotFound, ReplicationBackfillInvalidStatus.
 * https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_StopReplicationBackfill.html
 */
export const stopBackfill = (store: Store, registry: Registry, id: string, now: Date): Promise<Backfill> =>
  store.transact(registry, async (records) => {
    const backfill = await requireBackfill(records, registry, id, now)
    if (backfill.status === 'PREPARING') return endBackfill(records, registry, { backfill, status: 'STOPPED', now })
    if (backfill.status !== 'IN_PROGRESS') throw replicationBackfillInvalidStatus()
    const stopping: Backfill = { ...backfill, status: 'STOPPING' }
    await records.replicationBackfills.put(registry, id, stopping)
    return stopping
  })

/** Ends a backfill within a transaction. Its event and its removal become work. */
export async function endBackfill(
  { replicationBackfills, backfillWork }: Records,
  registry: Registry,
  { backfill, status, now }: { readonly backfill: Backfill; readonly status: TerminalStatus; readonly now: Date },
): Promise<Backfill> {
  const { id } = backfill
  const over = withEnd(backfill, status, now)
  const dueAt = keptUntil(now.getTime())
  const removal: BackfillWork = { kind: 'removal', backfill: id, dueAt }
  await replicationBackfills.put(registry, id, over)
  await backfillWork.remove(registry, backfillWorkKeys.copy(backfill))
  await backfillWork.put(registry, backfillWorkKeys.event(over), { kind: 'event', backfill: id })
  await backfillWork.put(registry, backfillWorkKeys.removal(dueAt, id), removal)
  return over
}

/** Other ids were never given out. */
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

/**
 * The backfill of this id, unless it ended so long ago that it is no longer returned. Throws
 * ReplicationBackfillNotFound.
 */
export async function requireBackfill(
  { replicationBackfills }: Pick<Records, 'replicationBackfills'>,
  registry: Registry,
  id: string,
  now: Date,
): Promise<Backfill> {
  const backfill = UUID.test(id) ? await replicationBackfills.get(registry, id) : undefined
  if (!backfill || !isKept(backfill, now)) throw replicationBackfillNotFound()
  return backfill
}

/** The backfills of a registry that are returned, the latest first. */
export async function keptBackfills(
  { replicationBackfills }: Pick<Records, 'replicationBackfills'>,
  registry: Registry,
  now: Date,
): Promise<Backfill[]> {
  const backfills = await listAll(replicationBackfills, registry)
  return backfills
    .filter((backfill) => isKept(backfill, now))
    .sort((a, b) => b.startedAt - a.startedAt || (a.id < b.id ? -1 : 1))
}
