import type { Log } from '../../registry/ports/log.js'
import type { Store } from '../../registry/ports/store.js'
import type { LeaseRecord } from '../../registry/ports/lease.js'
import { installation } from '../../registry/registry.js'
import { groupCommit } from '../group-commit.js'
import type { HeldLease } from './held-lease.js'

/**
 * The releases in progress. Work does not wait for the release of its lease, but the next holder of the same lease in
 * this process does.
 */
export interface ReleaseQueue {
  /** Never rejects. Safe to call again. */
  release(lease: HeldLease, failure?: LeaseRecord['failure']): Promise<void>
  /** Resolves when no release of this name by this process is in progress. */
  settled(name: string): Promise<void>
}

interface ReleaseQueueDeps {
  readonly store: Store
  readonly log: Log
  /** The leases of this process, by owner. */
  readonly heldLeases: Map<string, HeldLease>
  /** How long the reason of a failure stays in the record so that waiting processes can read it, in milliseconds. */
  readonly failureTtlMs: number
  readonly onReleased: () => void
}

/** How many leases are released in one transaction. */
const MAX_TOGETHER = 100

/** The releases of one process. Those that come during a commit share the next one. */
export function releaseQueue({ store, log, heldLeases, failureTtlMs, onReleased }: ReleaseQueueDeps): ReleaseQueue {
  const inProgress = new Map<string, Promise<void>>()
  const releaseRecord = groupCommit(
    (releases: readonly Release[]) => releaseRecords(releases, store, failureTtlMs),
    MAX_TOGETHER,
  )
  return {
    async settled(name) {
      await inProgress.get(name)
    },
    release(lease, failure) {
      const { name, owner } = lease
      if (!heldLeases.delete(owner)) return inProgress.get(name) ?? Promise.resolve()
      const release = releaseRecord({ lease, failure })
        .catch((err: unknown) => log.warn({ err, lease: name }, 'a lease could not be released: it will expire'))
        .finally(() => {
          if (inProgress.get(name) === release) inProgress.delete(name)
          onReleased()
        })
      inProgress.set(name, release)
      return release
    },
  }
}

/** A lease to be released, and why its work failed, if it did. */
interface Release {
  readonly lease: HeldLease
  readonly failure: LeaseRecord['failure']
}

/**
 * Removes the records, in one transaction for what is released at about the same time. After a failure a record stays
 * for a while, without an owner, so that waiting processes can read the reason.
 */
async function releaseRecords(releases: readonly Release[], store: Store, failureTtlMs: number): Promise<void[]> {
  const failedFences = await store.transact(installation, ({ leases }) =>
    Promise.all(
      releases.map(async ({ lease: { name, owner }, failure }) => {
        const record = await leases.get(installation, name)
        if (record?.owner !== owner) return undefined
        if (!failure) return void (await leases.remove(installation, name))
        const { fence, beat } = record
        await leases.put(installation, name, { name, fence, beat, failure })
        return fence
      }),
    ),
  )
  return releases.map(({ lease: { name } }, index) => {
    const fence = failedFences[index]
    if (fence !== undefined) setTimeout(() => void removeFailure(name, fence, store), failureTtlMs).unref()
  })
}

/** Best effort: if this fails, the lease's next holder overwrites the record, or the reaper removes it. */
async function removeFailure(name: string, fence: number, store: Store): Promise<void> {
  const removed = store.transact(installation, async ({ leases }) => {
    const record = await leases.get(installation, name)
    if (record && record.owner === undefined && record.fence === fence) await leases.remove(installation, name)
  })
  await removed.catch(() => {})
}
