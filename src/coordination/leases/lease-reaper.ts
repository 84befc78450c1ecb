import { listAll } from '../../registry/list-records.js'
import type { LeaseRecord, Store } from '../../registry/ports/store.js'
import { installation } from '../../registry/registry.js'
import type { LeaseWatch } from './lease-watch.js'

/** Removes leases that no process holds any more. */
export interface LeaseReaper {
  /** Throws StoreUnavailable. */
  reap(): Promise<void>
}

/**
 * A lease is left behind where its owner died, or failed and could not remove the reason. A reason is removed
 * `failureKeptMs` after it was first seen here: that is how long an owner would have left it to those who follow.
 */
export function leaseReaper(store: Store, watch: LeaseWatch, failureKeptMs: number): LeaseReaper {
  /** When a failure was first seen, by lease and fence. */
  let failuresSeen = new Map<string, number>()

  return {
    async reap() {
      const [now, seenBefore] = [performance.now(), failuresSeen]
      failuresSeen = new Map()
      const isFailureOld = ({ name, fence, failure }: LeaseRecord) => {
        if (!failure) return true
        const since = seenBefore.get(`${name} ${fence}`) ?? now
        failuresSeen.set(`${name} ${fence}`, since)
        return now - since >= failureKeptMs
      }
      for (const { name } of await listAll(store.leases, installation)) {
        await store.transact(installation, async ({ leases }) => {
          const record = await leases.get(installation, name)
          if (record && !watch.isHeld(name, record) && isFailureOld(record)) await leases.remove(installation, name)
        })
      }
    },
  }
}
