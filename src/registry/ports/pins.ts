/**
 * Pins blobs and manifests, so that garbage collection leaves them alone for a while. Pin first, then check that the
 * bytes exist: either the sweep sees the pin and retains them, or the check fails.
 */
export interface Pins {
  /**
   * Resolves once the sweep leaves these digests alone for at least half a grace period. Waits while a sweep is
   * removing the bytes of one of them.
   */
  pin(digests: string | readonly string[]): Promise<void>
  /**
   * Whether `pin` has nothing to do, because the sweep leaves this digest alone for at least half a grace period
   * already.
   */
  isPinned(digest: string): Promise<boolean>
}

/** A pin as it is stored. */
export interface Pin {
  readonly digest: string
  /** When the bytes were last relied on. Epoch milliseconds. */
  readonly at: number
  /** Set by the sweep before it checks once more whether the bytes are needed; pinning the blob again removes the mark. */
  readonly isMarked?: true
  /** Set while the sweep is removing the bytes: a process that needs them waits and then checks whether they exist. */
  readonly isGoing?: true
}
