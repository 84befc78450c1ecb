/** The settings of a configuration about pushing and restoring images. */
export interface ImageSettings {
  /** Whether a push needs the layers that its manifest lists. The service always needs them. */
  readonly verifyLayers: boolean
  /** How long restoring an archived image takes, by the emulator's clock. */
  readonly restoreSeconds: number
}

/**
 * The service's behaviour. It restores an image within 20 minutes.
 * https://docs.aws.amazon.com/AmazonECR/latest/userguide/restore-image.html
 */
export const defaultImageSettings: ImageSettings = { verifyLayers: true, restoreSeconds: 1_200 }
