/**
 * Leases ensure that only one of the processes on a store does a thing at a time. The holder increments a counter, its
 * heartbeat, in the lease's record. Waiting processes consider a holder dead if its counter has not changed for a
 * while, measured by their own clocks, and one of them takes over the lease. Clocks of different processes are never
 * compared.
 */
export interface Leases {
  /**
   * The lease, or undefined while a process that may be alive holds it. Repeated calls detect that this process has
   * died.
   */
  tryAcquire(name: string): Promise<Lease | undefined>
  /** Waits until the lease is released or its holder is dead. Rejects if `stop` is called meanwhile. */
  acquire(name: string): Promise<Lease>
  /** The current state of the lease, without waiting. */
  look(name: string): Promise<LeaseView>
  /** Removes leases whose holders died and that no process has requested since the previous call. */
  reap(): Promise<void>
  /** Ends the heartbeat and all waits. Other processes take over the leases that this one still holds. */
  stop(): void
}

/** A lease that this process holds until it releases it, or until another process considers this one dead. */
export interface Lease {
  readonly name: string
  /** The number of holders so far, so that a replaced holder has a lower one than its successor. */
  readonly fence: number
  /**
   * Whether another process has taken over the lease, or may have. Further work of this process must then have no
   * effect.
   */
  readonly isLost: boolean
  /** Publishes the name (`BlobWriter.name`) under which waiting processes can follow the bytes being written. */
  announce(writer: string): Promise<void>
  /** Releases the lease, with the reason if the work for which it was held has failed. Never rejects. */
  release(failure?: { kind: string; message: string }): Promise<void>
}

/** The state of a lease as any process can see it. */
export interface LeaseView {
  /** False if it was released, or if its holder is dead as far as this process can tell. */
  readonly isHeld: boolean
  /** Whether this process holds it, or has observed that its holder incremented the counter or changed. */
  readonly isAlive: boolean
  readonly fence: number
  /** The name under which the bytes being written can be followed (`BlobWriter.name`). */
  readonly following?: string
  /** The reason if the work of the last holder failed. */
  readonly failure?: { readonly kind: string; readonly message: string }
}

/** The stored record of a lease. Its members are explained at `Lease` and `LeaseView`. */
export interface LeaseRecord {
  readonly name: string
  readonly fence: number
  /** The process that holds it; absent after its release. */
  readonly owner?: string
  /** The heartbeat, incremented by the owner while it lives. */
  readonly beat: number
  readonly following?: string
  readonly failure?: { readonly kind: string; readonly message: string }
}
