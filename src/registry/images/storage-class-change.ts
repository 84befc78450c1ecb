import { keyOf, type Records, type Store } from '../ports/store.js'
import type { Registry } from '../registry.js'
import type { ImageChangeCause } from './image-change.js'
import type { Image } from './image.js'
import { recordImageChange } from './record-image-change.js'
import { archived, imageStatus, restored } from './storage-class.js'

/** A change of the storage class of one image. */
export interface StorageClassChange {
  readonly repository: string
  readonly digest: string
  /** STANDARD restores an archived image, which is ACTIVE from `activeFrom` (epoch milliseconds). */
  readonly target: { readonly class: 'ARCHIVE' } | { readonly class: 'STANDARD'; readonly activeFrom: number }
  readonly now: Date
  readonly cause: ImageChangeCause
  /** Whether the image as it is in the transaction is still to be changed. */
  readonly onlyIf?: (image: Image, records: Records) => Promise<boolean>
}

/**
 * Archives an image or begins to restore it, and records the change for the events about it. Returns the image as it is
 * then, unchanged if it is in this class already; undefined if there is no such image.
 */
export const changeStorageClass = (
  store: Store,
  registry: Registry,
  { repository, digest, target, now, cause, onlyIf }: StorageClassChange,
): Promise<Image | undefined> =>
  store.transact(registry, async (records) => {
    const image = await records.images.get(registry, keyOf(repository, digest))
    if (!image) return undefined
    const isArchived = imageStatus(image, now) === 'ARCHIVED'
    if (isArchived === (target.class === 'ARCHIVE')) return image
    if (onlyIf && !(await onlyIf(image, records))) return image
    const at = now.getTime()
    const changed = target.class === 'ARCHIVE' ? archived(image, at) : restored(image, target.activeFrom)
    await records.images.put(registry, keyOf(repository, digest), changed)
    const { tags } = image
    const change = { action: 'UPDATE_STORAGE_CLASS', tags, at, cause, targetStorageClass: target.class } as const
    await recordImageChange(records, registry, image, change)
    return changed
  })
