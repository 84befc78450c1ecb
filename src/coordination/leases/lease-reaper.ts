import { listAll } from '../../registry/list-records.js'
import type { Store } from '../../registry/ports/store.js'
import type { LeaseRecord } from '../../registry/ports/lease.js'
import { installation } from '../../registry/registry.js'
import type { LeaseWatch } from './lease-watch.js'

/** Removes leases that no process holds any more. */
export interface LeaseReaper {
  /** Throws StoreUnavailable. */
  reap(): Promise<void>
}

/**
 * A record remains if its owner died, or if the owner failed and could not remove the reason that it recorded. The
 * reaper removes a reason `failureTtlMs` after this process first saw it: its owner would have let other
 * processes read it for as long.
 */
export function leaseReaper(store: Store, watch: LeaseWatch, failureTtlMs: number): LeaseReaper {
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
        return now - since >= failureTtlMs
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
