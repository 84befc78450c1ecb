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
