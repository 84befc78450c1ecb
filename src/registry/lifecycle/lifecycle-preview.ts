/** The preview of a lifecycle policy: what evaluating it now would do. A repository has at most one. */
export interface LifecyclePreview {
  readonly repository: string
  /** Distinguishes the results of this preview from those of an earlier one. */
  readonly id: string
  /** Of the policy that is tried, compacted. */
  readonly text: string
  readonly status: 'IN_PROGRESS' | 'COMPLETE' | 'FAILED'
  /** Epoch milliseconds; of a completed preview, when its images were read. */
  readonly at: number
  /** Of a completed preview: how many images expire. */
  readonly expiring: number
  /** Of a completed preview: how many images move to the archive. */
  readonly archiving: number
}

/** A preview that has just been started. */
export const newPreview = (
  repository: string,
  { id, text }: Pick<LifecyclePreview, 'id' | 'text'>,
  now: Date,
): LifecyclePreview => ({ repository, id, text, status: 'IN_PROGRESS', at: now.getTime(), expiring: 0, archiving: 0 })

/** The result of a preview for one image, stored under its digest, so that it is removed with the image. */
export interface LifecyclePreviewResult {
  readonly preview: LifecyclePreview['id']
  readonly digest: string
  readonly tags: readonly string[]
  /** Epoch milliseconds. */
  readonly pushedAt: number
  readonly action: 'expire' | 'transition'
  readonly rulePriority: number
  /** The class that the image is in. */
  readonly storageClass: 'STANDARD' | 'ARCHIVE'
}

/** How long a preview can be read, in milliseconds: how long the service keeps one is not public. */
const LIFETIME_MS = 24 * 60 * 60 * 1000

/** The status of a preview as the API names it, computed at each read. */
export const previewStatus = ({ status, at }: LifecyclePreview, now: Date): LifecyclePreview['status'] | 'EXPIRED' =>
  status === 'COMPLETE' && now.getTime() - at >= LIFETIME_MS ? 'EXPIRED' : status
