import { findImage, type ImageFailure, isImageFailure } from './find-image.js'
import type { ImageChangeCause } from './image-change.js'
import { recordImageChange } from './record-image-change.js'
import type { Pins } from '../ports/pins.js'
import type { Image, ImageId } from './image.js'
import { imageContents } from './image-contents.js'
import { writeImageNoteFirst, removeImageNote, type ImageAddress, syncImageNote } from './image-notes.js'
import type { Blobs, WithNotes } from '../ports/blob-store.js'
import { indexOfImage } from './index-of-image.js'
import { keyOf, type Records, type Store } from '../ports/store.js'
import type { Registry } from '../registry.js'
import { removeMemberReferences, removeImageRecord } from './record-contents.js'
import { withoutTags } from './tag-times.js'

/**
 * Removes a tag of an image, and the image with its last tag; or, by digest, the image with all its tags. The bytes of
 * a deleted image stay for the grace period of garbage collection. Returns the image ids that were removed, or the
 * failure.
 * https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_BatchDeleteImage.html
 */
export async function deleteImage(
  storage: { readonly store: Store; readonly blobs: Pick<Blobs, 'read'> & WithNotes; readonly pins: Pins },
  registry: Registry,
  repository: string,
  imageId: ImageId,
  deletion: Deletion,
): Promise<ImageId[] | ImageFailure> {
  const { store } = storage
  const match = await findImage(store, registry, repository, imageId)
  if (isImageFailure(match)) return match
  const address = { registry, repository, digest: match.image.digest }
  const removesImage = remainingTags(match.image, imageId).length === 0
  const contents = removesImage ? await imageContents(match.image, storage.blobs) : undefined
  if (removesImage) await storage.pins.pin([address.digest, ...(contents?.blobs ?? []).map(({ digest }) => digest)])
  try {
    const outcome = await store.transact(registry, (records) =>
      deleteInTransaction(records, storage, { ...address, imageId, ...deletion }),
    )
    if (removesImage && !isImageFailure(outcome))
      await removeMemberReferences(store, registry, match.image, contents?.manifests ?? [])
    return outcome
  } finally {
    await syncImageNote(storage, address)
  }
}

/** When and why images are deleted, for the events about it. */
export interface Deletion {
  readonly now: Date
  readonly cause: ImageChangeCause
  /** Whether the image as it is in the transaction is still to be deleted; if not, nothing is removed. */
  readonly onlyIf?: (image: Image, records: Records) => Promise<boolean>
}

/**
 * Each attempt of the transaction updates the note first, because other requests may push and delete meanwhile: a note
 * must neither outlive its image nor name a tag that is removed.
 */
async function deleteInTransaction(
  records: Records,
  { blobs }: { readonly blobs: WithNotes },
  {
    registry,
    repository,
    imageId,
    now,
    cause,
    onlyIf,
  }: Omit<ImageAddress, 'digest'> & Deletion & { readonly imageId: ImageId },
) {
  const match = await findImage(records, registry, repository, imageId)
  if (isImageFailure(match)) return match
  const { image } = match
  const { digest: imageDigest } = image
  if (onlyIf && !(await onlyIf(image, records))) return []

  const remaining = remainingTags(image, imageId)
  const remainingSet = new Set(remaining)
  const tags = image.tags.filter((tag) => !remainingSet.has(tag))
  if (remaining.length === 0) {
    const index = await indexOfImage(records, registry, image)
    if (index) return referencedByManifestList(imageId, index)
  }

  await Promise.all(tags.map((tag) => records.tags.remove(registry, keyOf(repository, tag))))
  const remainingImage = withoutTags(image, tags)
  if (remaining.length === 0) {
    await removeImageNote({ blobs }, { registry, repository, digest: imageDigest })
    await removeImageRecord(records, registry, image)
  } else {
    await writeImageNoteFirst({ store: records, blobs }, registry, remainingImage)
    await records.images.put(registry, keyOf(repository, imageDigest), remainingImage)
  }
  await recordImageChange(records, registry, image, { action: 'DELETE', tags, at: now.getTime(), cause })
  return tags.length === 0 ? [{ imageDigest }] : tags.map((imageTag) => ({ imageDigest, imageTag }))
}

/** The tags that the image keeps: none if it is deleted by digest. */
const remainingTags = ({ tags }: Image, { imageTag }: ImageId) =>
  imageTag === undefined ? [] : tags.filter((tag) => tag !== imageTag)

const referencedByManifestList = (imageId: ImageId, indexDigest: string): ImageFailure => ({
  imageId,
  failureCode: 'ImageReferencedByManifestList',
  failureReason: `Requested image referenced by manifest list: [${indexDigest}]`,
})
