/**
 * The intention to expire an image that has referrers (signatures, SBOMs), written before the image is deleted, so that
 * its referrers follow it even if the process ends in between. Removed when they have.
 */
export interface DepartedSubject {
  readonly repository: string
  /** The digest of the image that is being expired. */
  readonly subject: string
}
