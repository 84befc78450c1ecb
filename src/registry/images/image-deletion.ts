import { findImage, type ImageFailure, isFailure } from './find-image.js'
import type { Pins } from '../ports/pins.js'
import type { Image, ImageId } from './image.js'
import { contentsOf } from './image-contents.js'
import { foretellNames, forgetName, type NamedImage, nameImage } from './image-notes.js'
import type { BlobStore } from '../ports/blob-store.js'
import { keyOf, type Records, type Store } from '../ports/store.js'
import type { Registry } from '../registry.js'
import { forgetMembers, removeImage } from './remove-image.js'
import { withoutTags } from './tag-times.js'

/**
 * Takes one tag off an image, or the whole image away: by tag, the image goes with its last tag; by digest, with all of
 * them; what it was made of stays for the grace period. Answers the ids that are gone, or the failure.
 * https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_BatchDeleteImage.html
 */
export async function deleteImage(
  storage: { readonly store: Store; readonly blobs: Pick<BlobStore, 'notes' | 'read'>; readonly pins: Pins },
  registry: Registry,
  repository: string,
  imageId: ImageId,
): Promise<ImageId[] | ImageFailure> {
  const { store } = storage
  const found = await findImage(store, registry, repository, imageId)
  if (isFailure(found)) return found
  const named = { registry, repository, digest: found.image.digest }
  const isLast = tagsLeft(found.image, imageId).length === 0
  const contents = isLast ? await contentsOf(found.image, storage.blobs) : undefined
  if (isLast) await storage.pins.pin([named.digest, ...(contents?.blobs ?? []).map(({ digest }) => digest)])
  try {
    const gone = await store.transact(registry, (records) => deleteFrom(records, storage, named, imageId))
    if (isLast && !isFailure(gone)) await forgetMembers(store, registry, found.image, contents?.manifests ?? [])
    return gone
  } finally {
    await nameImage(storage, named)
  }
}

/** The note goes before its image, and a tag's name before the tag, in every attempt: others delete and push meanwhile. */
async function deleteFrom(
  records: Records,
  { blobs }: { readonly blobs: Pick<BlobStore, 'notes'> },
  { registry, repository }: NamedImage,
  imageId: ImageId,
) {
  const found = await findImage(records, registry, repository, imageId)
  if (isFailure(found)) return found
  const { image } = found
  const { digest: imageDigest } = image

  const remaining = tagsLeft(image, imageId)
  const stay = new Set(remaining)
  const tags = image.tags.filter((tag) => !stay.has(tag))
  if (remaining.length === 0) {
    const holder = await indexThatLists(records, registry, image)
    if (holder) return referencedByManifestList(imageId, holder)
  }

  await Promise.all(tags.map((tag) => records.tags.remove(registry, keyOf(repository, tag))))
  const left = withoutTags(image, tags)
  if (remaining.length === 0) {
    await forgetName({ blobs }, { registry, repository, digest: imageDigest })
    await removeImage(records, registry, image)
  } else {
    await foretellNames({ store: records, blobs }, registry, left)
    await records.images.put(registry, keyOf(repository, imageDigest), left)
  }
  return tags.length === 0 ? [{ imageDigest }] : tags.map((imageTag) => ({ imageDigest, imageTag }))
}

/** By digest all of them go. */
const tagsLeft = ({ tags }: Image, { imageTag }: ImageId) =>
  imageTag === undefined ? [] : tags.filter((tag) => tag !== imageTag)

/** References looked at together. */
const HOLDERS_AT_ONCE = 20

/** An index that lists the image and is here itself: of one that went lately references may be left. */
async function indexThatLists(records: Records, registry: Registry, { repository, digest }: Image) {
  const prefix = keyOf(repository, digest, 'member', '')
  for (let after: string | undefined; ;) {
    const page = { limit: HOLDERS_AT_ONCE, prefix, ...(after !== undefined && { after }) }
    const { items, next } = await records.references.list(registry, page)
    const holders = await Promise.all(items.map(({ from }) => records.images.get(registry, keyOf(repository, from))))
    const holder = holders.find((image) => image !== undefined)
    if (holder || next === undefined) return holder?.digest
    after = next
  }
}

const referencedByManifestList = (imageId: ImageId, holder: string): ImageFailure => ({
  imageId,
  failureCode: 'ImageReferencedByManifestList',
  failureReason: `Requested image referenced by manifest list: [${holder}]`,
})
