import type { Lease, Leases } from '../registry/ports/lease.js'

/**
 * Runs work once for everyone who asks for it under the same key while it is running, and gives each of them its outcome.
 * A lease of that name keeps other processes from doing the same work at the same time.
 */
export interface SingleFlight {
  /**
   * Joins the work that this process is doing under the key. Otherwise waits until no other process holds the lease, and
   * runs `work`, which has to check first whether the other process has done it already.
   */
  do<T>(key: string, work: (lease: Lease) => Promise<T>): Promise<T>
  /** Like `do`, but returns undefined at once where another process holds the lease. */
  tryDo<T>(key: string, work: (lease: Lease) => Promise<T>): Promise<T | undefined>
}

/** A single flight for this process: callers that must not do the same work twice share one. */
export function singleFlight(leases: Leases): SingleFlight {
  const inFlight = new Map<string, Promise<unknown>>()

  function joinOrStart<T>(key: string, start: () => Promise<T>): Promise<T> {
    const running = inFlight.get(key) as Promise<T> | undefined
    if (running) return running
    const flight = start().finally(() => inFlight.delete(key))
    inFlight.set(key, flight)
    return flight
  }

  return {
    do: (key, work) => joinOrStart(key, async () => underLease(await leases.acquire(key), work)),
    tryDo: (key, work) =>
      joinOrStart(key, async () => {
        const lease = await leases.tryAcquire(key)
        return lease && underLease(lease, work)
      }),
  }
}

/** The outcome does not wait for the release of the lease. */
const underLease = <T>(lease: Lease, work: (lease: Lease) => Promise<T>): Promise<T> =>
  work(lease).finally(() => void lease.release())
