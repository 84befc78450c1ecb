import type { WithNotes } from '../ports/blob-store.js'
import { keyOf, type Records, type Store } from '../ports/store.js'
import type { Registry } from '../registry.js'
import type { ImageActivation } from './image-activation.js'
import type { ImageChangeCause } from './image-change.js'
import { syncImageNote } from './image-notes.js'
import type { Image } from './image.js'
import { indexOfImage } from './index-of-image.js'
import { recordImageChange } from './record-image-change.js'
import { imageIsActivating, listedByActiveIndex } from './storage-class-errors.js'
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
 * Archives an image or begins to restore it, and records the change for the events about it; a restoration is recorded
 * as a change when it is complete. Returns the image as it is then, unchanged if it is in this class already; undefined
 * if there is no such image. A request for what cannot be archived throws ImageStorageClassUpdateNotSupported; a
 * lifecycle policy leaves such an image as it is.
 */
export async function changeStorageClass(
  storage: { readonly store: Store; readonly blobs: WithNotes },
  registry: Registry,
  change: StorageClassChange,
): Promise<Image | undefined> {
  const { repository, digest } = change
  const image = await storage.store.transact(registry, (records) => changeInTransaction(records, registry, change))
  if (image) await syncImageNote(storage, { registry, repository, digest })
  return image
}

async function changeInTransaction(
  records: Records,
  registry: Registry,
  change: StorageClassChange,
): Promise<Image | undefined> {
  const { repository, digest, target, now, cause, onlyIf } = change
  const image = await records.images.get(registry, keyOf(repository, digest))
  if (!image) return undefined
  const status = imageStatus(image, now)
  if (onlyIf && !(await onlyIf(image, records))) return image
  if (target.class === 'STANDARD')
    return status === 'ARCHIVED' ? restore(records, registry, image, { ...change, ...target }) : image

  if (status === 'ARCHIVED') return image
  const refusal = await archivingRefusal(records, registry, image, now)
  if (!refusal) return archive(records, registry, image, change)
  if (cause === 'request') throw refusal
  return image
}

/** Why the image cannot be archived; undefined if it can. */
async function archivingRefusal(records: Records, registry: Registry, image: Image, now: Date) {
  if (imageStatus(image, now) === 'ACTIVATING') return imageIsActivating()
  const index = await indexOfImage(records, registry, image, (listing) => imageStatus(listing, now) !== 'ARCHIVED')
  return index === undefined ? undefined : listedByActiveIndex(index)
}

async function archive(records: Records, registry: Registry, image: Image, { now, cause }: StorageClassChange) {
  const at = now.getTime()
  const changed = archived(image, at)
  await records.images.put(registry, keyOf(image.repository, image.digest), changed)
  const change = { action: 'UPDATE_STORAGE_CLASS', tags: image.tags, at, cause, targetStorageClass: 'ARCHIVE' } as const
  await recordImageChange(records, registry, image, change)
  return changed
}

async function restore(
  records: Records,
  registry: Registry,
  image: Image,
  { now, activeFrom, cause }: StorageClassChange & { readonly activeFrom: number },
) {
  const { repository, digest } = image
  const changed = restored(image, activeFrom)
  await records.images.put(registry, keyOf(repository, digest), changed)
  const activation: ImageActivation = { repository, digest, activeFrom, cause }
  if (activeFrom <= now.getTime()) await recordActivation(records, registry, image, activation)
  else await records.imageActivations.put(registry, activationKey(activation), activation)
  return changed
}

/** The key of an activation: in the order in which images become ACTIVE. */
const activationKey = ({ activeFrom, repository, digest }: ImageActivation) =>
  keyOf(String(activeFrom).padStart(15, '0'), repository, digest)

/** Records that an image was restored, within the transaction that restores it. */
export const recordActivation = (
  records: Pick<Records, 'imageChanges'>,
  registry: Registry,
  image: Image,
  { activeFrom, cause }: Pick<ImageActivation, 'activeFrom' | 'cause'>,
): Promise<void> =>
  recordImageChange(records, registry, image, {
    action: 'UPDATE_STORAGE_CLASS',
    tags: image.tags,
    at: activeFrom,
    cause,
    targetStorageClass: 'STANDARD',
    activatedAt: activeFrom,
  })

/**
 * Turns the record of a restoration that is complete into the change of its image, in one transaction, so that it
 * happens once. An image that was deleted, pushed or archived again meanwhile has no such change.
 */
export const completeActivation = (store: Store, registry: Registry, activation: ImageActivation): Promise<void> =>
  store.transact(registry, async (records) => {
    const removed = await records.imageActivations.remove(registry, activationKey(activation))
    const image = await records.images.get(registry, keyOf(activation.repository, activation.digest))
    if (removed && image?.archive?.activeFrom === activation.activeFrom)
      await recordActivation(records, registry, image, activation)
  })
