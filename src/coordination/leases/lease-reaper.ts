import { listAll } from '../../registry/list-records.js'
import type { LeaseRecord, Store } from '../../registry/ports/store.js'
import { installation } from '../../registry/registry.js'
import type { Watch } from './lease-watch.js'

/** Since when this process knows why owners failed, by lease and fence. */
export type Told = Map<string, number>

/**
 * Removes the leases that nobody holds: their owners died, or failed and could not take back why. That is left to those
 * who followed for as long as an owner would leave it.
 */
export async function forgetDead(store: Store, seen: Watch, told: Told, tellForMs: number): Promise<void> {
  const [now, before] = [performance.now(), new Map(told)]
  told.clear()
  const isTold = ({ name, fence, failure }: LeaseRecord) => {
    if (!failure) return true
    const since = before.get(`${name} ${fence}`) ?? now
    told.set(`${name} ${fence}`, since)
    return now - since >= tellForMs
  }
  for (const { name } of await listAll(store.leases, installation)) {
    await store.transact(installation, async ({ leases }) => {
      const record = await leases.get(installation, name)
      if (record && !seen.isHeld(name, record) && isTold(record)) await leases.remove(installation, name)
    })
  }
}
