import { setTimeout as sleep } from 'node:timers/promises'
import type { Ids } from '../../registry/ports/ids.js'
import type { Lease, Leases, LeaseView } from '../../registry/ports/lease.js'
import type { Log } from '../../registry/ports/log.js'
import type { Store } from '../../registry/ports/store.js'
import type { LeaseRecord } from '../../registry/ports/lease.js'
import { installation } from '../../registry/registry.js'
import { groupCommit } from '../group-commit.js'
import { heartbeat } from './heartbeat.js'
import { heldLease, type HeldLease } from './held-lease.js'
import { leaseReaper } from './lease-reaper.js'
import { leaseWatch, type LeaseWatch } from './lease-watch.js'
import { releaseQueue, type ReleaseQueue } from './release-queue.js'

/*
 * The states of a lease, which is one record of the store. "Acquired" is `tryAcquire` or `acquire`, by any process.
 *
 *               acquired                        released
 *   no record ────────────► HELD by a process ────────────► no record
 *                            │  │   │      ▲
 *                            │  │   └──────┘ heartbeat: counter + 1
 *                            │  │
 *                            │  └── released with a failure ──► FAILED ─── after deadAfterMs, or reaped ──► no record
 *                            │                                    └────── acquired ──► HELD, fence + 1
 *                            │
 *                            └── the counter stands still for deadAfterMs, ──► DEAD ── reaped ──► no record
 *                                by the watch of another process                └───── acquired ──► HELD, fence + 1
 *
 * The old holder of a lease that was acquired from DEAD finds `isLost` true, and must discard what it does after that.
 * A holder that could not write its heartbeat for deadAfterMs finds `isLost` true before others can take the lease. If
 * no other process takes it, `isLost` is false again after the next successful heartbeat.
 */

/** The store of the leases, and their intervals in milliseconds, which specs shorten. */
export interface LeaseDeps {
  readonly store: Store
  readonly ids: Ids
  readonly log: Log
  /** How often a holder raises its counter. */
  readonly beatMs?: number
  /** A holder counts as dead when a waiting process has seen no change of its counter for this long. */
  readonly deadAfterMs?: number
  /** How often a waiting process reads the record. */
  readonly pollMs?: number
}

/**
 * Leases as records of the store, shared by all processes that use it (`registry/ports/lease.ts`, decision 9). They
 * ensure that only one of these processes at a time transfers a layer, checks a tag or writes to an upload. Throws
 * StoreUnavailable.
 */
export function leasesOn(deps: LeaseDeps): Leases {
  const { store, ids, log, beatMs = 1000, deadAfterMs = 5000, pollMs = 100 } = deps
  const heldLeases = new Map<string, HeldLease>()
  const watch = leaseWatch(deadAfterMs)
  const beating = heartbeat({ store, log, heldLeases, beatMs })
  const reaper = leaseReaper(store, watch, deadAfterMs)
  const waits = interruptibleWaits(pollMs)
  const takeOver = takingOver(store, watch)
  const onReleased = () => waits.interrupt()
  const releases = releaseQueue({ store, log, heldLeases, failureTtlMs: deadAfterMs, onReleased })
  let isStopped = false

  async function tryAcquire(name: string): Promise<Lease | undefined> {
    await releases.settled(name)
    const [acquiredAt, owner] = [performance.now(), ids.uuid()]
    const fence = await takeOver({ name, owner })
    if (fence === undefined) return undefined
    const lease = heldLease({ name, owner, fence, deadAfterMs, acquiredAt })
    heldLeases.set(owner, lease)
    beating.start()
    return leaseOf(lease, store, releases)
  }

  return {
    tryAcquire,
    async acquire(name) {
      while (!isStopped) {
        const lease = await tryAcquire(name)
        if (lease) return lease
        await waits.wait()
      }
      throw new Error(`Stopped while waiting for the lease '${name}'`)
    },
    look: async (name) => viewOf(name, await store.leases.get(installation, name), heldLeases, watch),
    reap: () => reaper.reap(),
    stop() {
      isStopped = true
      beating.stop()
      waits.interrupt()
    },
  }
}

/** A lease that is asked for, and the owner it would get. */
interface LeaseRequest {
  readonly name: string
  readonly owner: string
}

/** How many leases are taken in one transaction. */
const MAX_TOGETHER = 100

/**
 * Takes leases; the outcome is the fence, or undefined while a process that may be alive holds the lease. A client that
 * pulls an image asks for the leases of all its layers at once: those that come during a commit share the next one.
 */
const takingOver = (store: Store, watch: LeaseWatch) =>
  groupCommit(async (requests: readonly LeaseRequest[]) => {
    const fences = await store.transact(installation, ({ leases }) => takeOverAll(requests, leases, watch))
    for (const [index, { name }] of requests.entries()) if (fences[index] !== undefined) watch.forget(name)
    return fences
  }, MAX_TOGETHER)

/** Writes the owners into the records of a transaction. Of several that ask for the same lease the first gets it. */
async function takeOverAll(requests: readonly LeaseRequest[], leases: Store['leases'], watch: LeaseWatch) {
  const records = await Promise.all(requests.map(async ({ name }) => leases.get(installation, name)))
  const taken = new Map<string, LeaseRecord>()
  const fences = requests.map(({ name, owner }, index) => {
    const record = records[index]
    if (taken.has(name) || (record && watch.isHeld(name, record))) return undefined
    const fence = (record?.fence ?? 0) + 1
    taken.set(name, { name, fence, owner, beat: 0 })
    return fence
  })
  await Promise.all([...taken].map(([name, record]) => leases.put(installation, name, record)))
  return fences
}

function leaseOf(lease: HeldLease, store: Store, releases: ReleaseQueue): Lease {
  const { name, fence, owner } = lease
  return {
    name,
    fence,
    get isLost() {
      return lease.isLost()
    },
    async announce(writer) {
      const announced = (record: LeaseRecord) => (record.owner === owner ? { ...record, following: writer } : record)
      await store.leases.update(installation, name, announced)
    },
    release: (failure) => releases.release(lease, failure),
  }
}

function viewOf(
  name: string,
  record: LeaseRecord | undefined,
  heldLeases: Map<string, HeldLease>,
  watch: LeaseWatch,
): LeaseView {
  if (!record) watch.forget(name)
  const { fence = 0, owner, following, failure } = record ?? {}
  const isHeld = record !== undefined && watch.isHeld(name, record)
  const isAlive = isHeld && ((owner !== undefined && heldLeases.has(owner)) || watch.isAlive(name))
  return { isHeld, isAlive, fence, ...(following !== undefined && { following }), ...(failure && { failure }) }
}

/** Waits between two reads of a record. A wait ends early when this process releases a lease. */
function interruptibleWaits(pollMs: number) {
  let interruption = new AbortController()
  let waiting = 0
  return {
    async wait(): Promise<void> {
      waiting++
      await sleep(pollMs, undefined, { signal: interruption.signal }).catch(() => {})
      waiting--
    },
    interrupt(): void {
      if (waiting === 0) return
      interruption.abort()
      interruption = new AbortController()
    },
  }
}
