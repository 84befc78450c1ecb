/**
 * Makes sure that of all processes on one store only one does a thing at a time. An owner that lives counts its lease up;
 * one whose count stands still, by the watch of whoever waits, is dead and its lease taken over: no clocks are compared.
 */
export interface Leases {
  /** The lease, or undefined where a process that may still live holds it. Who asks again learns when its owner died. */
  tryAcquire(name: string): Promise<Lease | undefined>
  /** The lease, as soon as it is free or its owner dead. */
  acquire(name: string): Promise<Lease>
  /** What is known of it now, without waiting. */
  look(name: string): Promise<LeaseView>
  /** Forgets what was dead already when this was last called: leases of the dead that nobody asked for since. */
  forgetDead(): Promise<void>
  /** Stops counting and waiting; leases still held are taken over by others in time. */
  stop(): void
}

/** Held until it is released, or until another process thought us dead: then `isLost`, and what we do must not count. */
export interface Lease {
  readonly name: string
  readonly fence: number
  readonly isLost: boolean
  /** Tells those who wait where the bytes that we write can be followed. */
  follow(name: string): Promise<void>
  /** Gives it back, saying why where what it was held for was not done. Never rejects. */
  release(failure?: { kind: string; message: string }): Promise<void>
}

export interface LeaseView {
  /** False too where its owner is dead by what this process saw. */
  readonly isHeld: boolean
  /** Whether its owner was seen to live since this process first looked: it counted, or changed, or is this process. */
  readonly isAlive: boolean
  readonly fence: number
  readonly following?: string
  readonly failure?: { readonly kind: string; readonly message: string }
}
