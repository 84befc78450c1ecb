import type { Log } from '../../registry/ports/log.js'
import type { LeaseRecord, Store } from '../../registry/ports/store.js'
import { installation } from '../../registry/registry.js'
import type { Holding } from './held-lease.js'

/** Ends this process's leases. */
export interface GivingBack {
  /** Never rejects. Safe to call again. */
  release(holder: Holding, failure?: LeaseRecord['failure']): Promise<void>
  /** Resolves when a lease of this name is not about to be given back by this very process. */
  settled(name: string): Promise<void>
}

interface Deps {
  readonly store: Store
  readonly log: Log
  readonly held: Map<string, Holding>
  /** How long it stays told why an owner failed. */
  readonly tellForMs: number
  readonly onReleased: () => void
}

export function givingBack({ store, log, held, tellForMs, onReleased }: Deps): GivingBack {
  const underWay = new Map<string, Promise<void>>()
  return {
    async settled(name) {
      await underWay.get(name)
    },
    release(holder, failure) {
      const { name, owner } = holder
      if (!held.delete(owner)) return underWay.get(name) ?? Promise.resolve()
      const released = giveBack(holder, failure, store, tellForMs)
        .catch((err: unknown) => log.warn({ err, lease: name }, 'a lease was not given back: it ends by itself'))
        .finally(() => {
          if (underWay.get(name) === released) underWay.delete(name)
          onReleased()
        })
      underWay.set(name, released)
      return released
    },
  }
}

/** Removes the record, or, where it says why the owner failed, leaves it to those who followed and removes it later. */
async function giveBack({ name, owner }: Holding, failure: LeaseRecord['failure'], store: Store, tellForMs: number) {
  const told = await store.transact(installation, async ({ leases }) => {
    const record = await leases.get(installation, name)
    if (record?.owner !== owner) return undefined
    if (!failure) return void (await leases.remove(installation, name))
    const { fence, beat } = record
    await leases.put(installation, name, { name, fence, beat, failure })
    return fence
  })
  if (told !== undefined) setTimeout(() => void forget(name, told, store), tellForMs).unref()
}

/** Where this fails, a few bytes stay until the lease's next owner. */
async function forget(name: string, fence: number, store: Store): Promise<void> {
  const removed = store.transact(installation, async ({ leases }) => {
    const record = await leases.get(installation, name)
    if (record && record.owner === undefined && record.fence === fence) await leases.remove(installation, name)
  })
  await removed.catch(() => {})
}
