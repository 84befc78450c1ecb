import { forgetDead, type Told } from './lease-reaper.js'
import { givingBack, type GivingBack } from './release-queue.js'
import { heartbeat } from './heartbeat.js'
import { holding, type Holding } from './held-lease.js'
import { watch, type Watch } from './lease-watch.js'
import type { Ids } from '../../registry/ports/ids.js'
import type { Lease, Leases, LeaseView } from '../../registry/ports/lease.js'
import type { Log } from '../../registry/ports/log.js'
import type { LeaseRecord, Store } from '../../registry/ports/store.js'
import { installation } from '../../registry/registry.js'

/** What leases are kept in, and how patient they are; specs are less patient. */
export interface LeaseDeps {
  readonly store: Store
  readonly ids: Ids
  readonly log: Log
  /** How often an owner counts up. */
  readonly beatMs?: number
  /** An owner whose count stood still for this long, by the watch of who waits, is dead. */
  readonly deadAfterMs?: number
  /** How often those who wait look. */
  readonly lookMs?: number
}

/**
 * Leases as records of the store (`ports/leases.ts`): so that of all planes one transfers a layer, asks about a tag or
 * writes to an upload. Throws StoreUnavailable where the store does not answer.
 */
export function leasesOn({ store, ids, log, ...patience }: LeaseDeps): Leases {
  const { beatMs = 1000, deadAfterMs = 5000, lookMs = 100 } = patience
  const held = new Map<string, Holding>()
  const waiting = new Set<() => void>()
  const seen = watch(deadAfterMs)
  const told: Told = new Map()
  const beating = heartbeat({ store, log, held, beatMs })
  const wakeAll = () => waiting.forEach((wake) => wake())
  const back = givingBack({ store, log, held, tellForMs: deadAfterMs, onReleased: wakeAll })
  let isStopped = false

  async function tryAcquire(name: string): Promise<Lease | undefined> {
    await back.settled(name)
    const confirmedAt = performance.now()
    const taken = await take(name, ids.uuid(), store, seen)
    if (!taken) return undefined
    const holder = holding({ name, ...taken, deadAfterMs, confirmedAt })
    held.set(holder.owner, holder)
    beating.start()
    return leaseOf(holder, store, back)
  }

  return {
    tryAcquire,
    async acquire(name) {
      while (!isStopped) {
        const lease = await tryAcquire(name)
        if (lease) return lease
        await lookAgain(waiting, lookMs)
      }
      throw new Error(`Stopped while waiting for the lease '${name}'`)
    },
    look: async (name) => viewOf(name, await store.leases.get(installation, name), held, seen),
    forgetDead: () => forgetDead(store, seen, told, deadAfterMs),
    stop() {
      isStopped = true
      beating.stop()
      wakeAll()
    },
  }
}

/** Every holding has an owner's name of its own: who lost a lease and got it again is somebody else. */
async function take(name: string, owner: string, store: Store, seen: Watch) {
  const fence = await store.transact(installation, async ({ leases }) => {
    const record = await leases.get(installation, name)
    if (record && seen.isHeld(name, record)) return undefined
    const next = (record?.fence ?? 0) + 1
    await leases.put(installation, name, { name, fence: next, owner, beat: 0 })
    return next
  })
  if (fence === undefined) return undefined
  seen.forget(name)
  return { owner, fence }
}

function leaseOf(holder: Holding, store: Store, back: GivingBack): Lease {
  const { name, fence, owner } = holder
  return {
    ...{ name, fence },
    get isLost() {
      return holder.isLost()
    },
    async follow(following) {
      const follow = (record: LeaseRecord) => (record.owner === owner ? { ...record, following } : record)
      await store.leases.update(installation, name, follow)
    },
    release: (failure) => back.release(holder, failure),
  }
}

function viewOf(name: string, record: LeaseRecord | undefined, held: Map<string, Holding>, seen: Watch): LeaseView {
  if (!record) seen.forget(name)
  const { fence = 0, owner, following, failure } = record ?? {}
  const isHeld = record !== undefined && seen.isHeld(name, record)
  const isAlive = isHeld && ((owner !== undefined && held.has(owner)) || seen.isAlive(name))
  return { isHeld, isAlive, fence, ...(following !== undefined && { following }), ...(failure && { failure }) }
}

/** Waits for the next look, or until something was given back in this very process. */
function lookAgain(waiting: Set<() => void>, lookMs: number): Promise<void> {
  return new Promise((resolve) => {
    const wake = () => {
      clearTimeout(bound)
      waiting.delete(wake)
      resolve()
    }
    const bound = setTimeout(wake, lookMs)
    waiting.add(wake)
  })
}
