/**
 * The record that an image was changed, written in the transaction that changes it, so that what follows from the
 * change (events, a scan, replication) happens even if the process ends right after it. `background/image-changes.ts`
 * passes it on and removes it.
 */
export interface ImageChange {
  /** The actions of EventBridge's `ECR Image Action`. */
  readonly action: 'PUSH' | 'DELETE' | 'UPDATE_STORAGE_CLASS'
  readonly repository: string
  readonly digest: string
  readonly mediaType: string
  readonly artifactType?: string
  /** Set if the image is a referrer of another image. */
  readonly subject?: string
  /** The tags that the push set, or that were removed with the image; empty for an untagged image. */
  readonly tags: readonly string[]
  /** Epoch milliseconds by the emulator's clock. */
  readonly at: number
  readonly cause: ImageChangeCause
  /** Only of UPDATE_STORAGE_CLASS. */
  readonly targetStorageClass?: 'STANDARD' | 'ARCHIVE'
  /** Only of a restored image: when it became ACTIVE, in epoch milliseconds. */
  readonly activatedAt?: number
}

/** What made the change: a request, a pull through a cache rule, replication, or a lifecycle policy. */
export type ImageChangeCause = 'request' | 'pull-through' | 'replication' | 'lifecycle'
