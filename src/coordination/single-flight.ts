import type { Lease, Leases } from '../registry/ports/lease.js'

/**
 * Single-flight: callers that request work under the same key while it is running share one run and its outcome. A
 * lease named like the key keeps other processes from doing the same work at the same time.
 */
export interface SingleFlight {
  /**
   * Joins the work that this process is already doing under the key. Otherwise waits until no other process holds the
   * lease, then runs `work`, which must first check whether another process has done the work already.
   */
  do<T>(key: string, work: (lease: Lease) => Promise<T>): Promise<T>
  /** Like `do`, but returns undefined at once if another process holds the lease. */
  tryDo<T>(key: string, work: (lease: Lease) => Promise<T>): Promise<T | undefined>
}

/** A single-flight group of this process. Callers that must not repeat each other's work share one group. */
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

/** Returns the outcome without waiting for the release of the lease. */
const underLease = <T>(lease: Lease, work: (lease: Lease) => Promise<T>): Promise<T> =>
  work(lease).finally(() => void lease.release())
