import { findImage, type ImageFailure, isFailure } from './find-image.js'
import type { Touches } from './garbage/touches.js'
import { digestsOf, type Image, type ImageId } from './image.js'
import { foretellNames, forgetName, type NamedImage, nameImage } from './image-names.js'
import type { BlobStore } from './ports/blob-store.js'
import { keyOf, type Records, type Store } from './ports/store.js'
import type { Registry } from './registry.js'
import { withoutTags } from './tag-times.js'

/** One page of references is as good as all: a single one already keeps an image. */
const ONE = 1

/**
 * Takes one tag off an image, or the whole image away: by tag, the image goes with its last tag; by digest, with all of
 * them; what it was made of stays for the grace period. Answers the ids that are gone, or the failure.
 * https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_BatchDeleteImage.html
 */
export async function deleteImage(
  storage: { readonly store: Store; readonly blobs: Pick<BlobStore, 'notes'>; readonly touches: Touches },
  registry: Registry,
  repository: string,
  imageId: ImageId,
): Promise<ImageId[] | ImageFailure> {
  const { store } = storage
  const found = await findImage(store, registry, repository, imageId)
  if (isFailure(found)) return found
  const named = { registry, repository, digest: found.image.digest }
  if (tagsLeft(found.image, imageId).length === 0) await storage.touches.touch(...digestsOf(found.image))
  try {
    return await store.transact(registry, (records) => deleteFrom(records, storage, named, imageId))
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
  const tags = image.tags.filter((tag) => !remaining.includes(tag))
  if (remaining.length === 0) {
    const holder = await indexThatLists(records, registry, image)
    if (holder) return referencedByManifestList(imageId, holder)
  }

  for (const tag of tags) await records.tags.remove(registry, keyOf(repository, tag))
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

/** Removes an image's record and what it says of others; its layers and the bytes are garbage collection's. */
async function removeImage(records: Records, registry: Registry, image: Image): Promise<void> {
  const { repository, digest: from } = image
  const forget = (kind: string, to: string) =>
    records.references.remove(registry, keyOf(repository, to, kind, from)).then(() => undefined)

  await records.images.remove(registry, keyOf(repository, from))
  for (const { digest } of image.manifests) await forget('member', digest)
  if (image.subject) await forget('subject', image.subject)
}

async function indexThatLists(records: Records, registry: Registry, { repository, digest }: Image) {
  const prefix = keyOf(repository, digest, 'member', '')
  const { items } = await records.references.list(registry, { limit: ONE, prefix })
  return items[0]?.from
}

const referencedByManifestList = (imageId: ImageId, holder: string): ImageFailure => ({
  imageId,
  failureCode: 'ImageReferencedByManifestList',
  failureReason: `Requested image referenced by manifest list: [${holder}]`,
})
