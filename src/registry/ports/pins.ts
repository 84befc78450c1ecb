/**
 * Pins blobs and manifests against garbage collection for a while. Pin first, then check that the bytes exist: either the sweep sees
 * the pin and keeps them, or the check fails.
 */
export interface Pins {
  /**
   * Resolves once the sweep leaves these digests alone for at least half a grace period. Waits while a sweep is removing the
   * bytes of one of them.
   */
  pin(digests: string | readonly string[]): Promise<void>
  /** Whether the sweep leaves this digest alone for at least half a grace period already; then `pin` has nothing to do. */
  isPinned(digest: string): Promise<boolean>
}
