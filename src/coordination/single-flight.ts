import type { Lease, Leases } from '../registry/ports/lease.js'

/**
 * Runs work once for all who ask for it under the same key while it is under way; each gets its outcome. Whoever asks in
 * another process has its turn afterwards: work looks first whether it is still to be done.
 */
export interface SingleFlight {
  <T>(key: string, work: (lease: Lease) => Promise<T>): Promise<T>
  /** Undefined, without waiting, where it is under way in another process. */
  unlessElsewhere<T>(key: string, work: (lease: Lease) => Promise<T>): Promise<T | undefined>
}

/** A keeper of what is under way; those who must not do the same work twice share one. */
export function singleFlight(leases: Leases): SingleFlight {
  const inFlight = new Map<string, Promise<unknown>>()

  function track<T>(key: string, running: Promise<T>): Promise<T> {
    const tracked = running.finally(() => inFlight.delete(key))
    inFlight.set(key, tracked)
    return tracked
  }

  function alone<T>(key: string, work: (lease: Lease) => Promise<T>): Promise<T> {
    const joined = inFlight.get(key) as Promise<T> | undefined
    return (
      joined ??
      track(
        key,
        leases.acquire(key).then((lease) => under(lease, work)),
      )
    )
  }

  async function ifFree<T>(key: string, work: (lease: Lease) => Promise<T>): Promise<T | undefined> {
    const lease = await leases.tryAcquire(key)
    return lease && under(lease, work)
  }

  function unlessElsewhere<T>(key: string, work: (lease: Lease) => Promise<T>): Promise<T | undefined> {
    const joined = inFlight.get(key) as Promise<T> | undefined
    return joined ?? track(key, ifFree(key, work))
  }

  return Object.assign(alone, { unlessElsewhere })
}

/** Nobody waits for a lease to be given back. */
function under<T>(lease: Lease, work: (lease: Lease) => Promise<T>): Promise<T> {
  return work(lease).finally(() => void lease.release())
}
