/**
 * What a policy still has to do with the referrers (signatures, SBOMs) of an image on which it acts: they are deleted
 * or archived as the image was. Written before the image is changed, so that they follow it even if the process ends in
 * between, and removed when they have.
 */
export interface LifecycleFollowUp {
  readonly repository: string
  /** The digest of the image. */
  readonly subject: string
}
