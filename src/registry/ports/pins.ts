/**
 * Pins protect blobs and manifests from garbage collection for a while. Callers pin first and then check that the bytes
 * exist: either the sweep sees the pin and retains them, or the check fails.
 */
export interface Pins {
  /**
   * Resolves once these digests are protected from the sweep for at least half a grace period. Waits while a sweep is
   * removing the bytes of one of them.
   */
  pin(digests: string | readonly string[]): Promise<void>
  /** Whether this digest is already protected for at least half a grace period, so that `pin` need not be called. */
  isPinned(digest: string): Promise<boolean>
}

/** The stored record of a pin. */
export interface Pin {
  readonly digest: string
  /** When the bytes were last needed, in epoch milliseconds. */
  readonly at: number
  /**
   * Set by the sweep before it checks a last time whether the bytes are needed. Pinning the blob again removes the
   * mark.
   */
  readonly isMarked?: true
  /** Set while the sweep is removing the bytes: a process that needs them waits and then checks whether they exist. */
  readonly isGoing?: true
}
