/**
 * Leases: of all processes on one store only one does a thing at a time. The holder raises a counter, its heartbeat, in the
 * lease's record. A holder whose counter stands still is taken for dead by the processes that wait, each by its own watch, and
 * one of them takes the lease over. No process compares its clock with another's.
 */
export interface Leases {
  /** The lease, or undefined while a process that may be alive holds it. Repeated calls notice when that process has died. */
  tryAcquire(name: string): Promise<Lease | undefined>
  /** Waits for the lease until it is released or its holder is dead. Rejects where `stop` is called meanwhile. */
  acquire(name: string): Promise<Lease>
  /** The lease as it is now, without waiting. */
  look(name: string): Promise<LeaseView>
  /** Removes leases whose holders died and that no process has asked for since the previous call. */
  reap(): Promise<void>
  /** Ends the heartbeat and every wait; other processes take over what is still held. */
  stop(): void
}

/** A lease that this process holds until it releases it, or until another process has taken it for dead. */
export interface Lease {
  readonly name: string
  /** The number of holders so far: a holder that was replaced has a lower one than its successor. */
  readonly fence: number
  /** Whether another process has taken the lease, or may have: what this one does from then on must not count. */
  readonly isLost: boolean
  /** Tells the processes that wait under which name (`BlobWriter.name`) they can follow the bytes being written. */
  announce(writer: string): Promise<void>
  /** Releases the lease, with the reason where the work it was held for has failed. Never rejects. */
  release(failure?: { kind: string; message: string }): Promise<void>
}

/** What another process can see of a lease. */
export interface LeaseView {
  /** False where it was released, and where its holder is dead as far as this process has seen. */
  readonly isHeld: boolean
  /** Whether this process holds it, or has seen its holder raise the counter or change. */
  readonly isAlive: boolean
  readonly fence: number
  /** The name under which the bytes being written can be followed. */
  readonly following?: string
  /** Why the last holder failed. */
  readonly failure?: { readonly kind: string; readonly message: string }
}
