import type { ImageChangeCause } from './image-change.js'

/**
 * The record that an archived image is being restored. `background/image-activations.ts` turns it into an
 * `ImageChange` once the image is ACTIVE.
 */
export interface ImageActivation {
  readonly repository: string
  readonly digest: string
  /** When the image becomes ACTIVE, in epoch milliseconds by the emulator's clock. */
  readonly activeFrom: number
  /** What the restoration was requested by. */
  readonly cause: ImageChangeCause
}
