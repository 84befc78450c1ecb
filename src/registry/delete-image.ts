import { findImage, type ImageFailure, isFailure } from './find-image.js'
import type { Image, ImageId } from './image.js'
import { keyOf, type Records, type Store } from './ports/store.js'
import type { Registry } from './registry.js'

/** One page of references is as good as all: a single one already keeps an image. */
const ONE = 1

/**
 * Takes one tag off an image, or the whole image away: by tag, the image goes with its last tag; by digest, with all of
 * them. Answers the ids that are gone, or the failure.
 * https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_BatchDeleteImage.html
 */
export function deleteImage(
  store: Store,
  registry: Registry,
  repository: string,
  imageId: ImageId,
): Promise<ImageId[] | ImageFailure> {
  return store.transact(registry, async (records) => {
    const found = await findImage(records, registry, repository, imageId)
    if (isFailure(found)) return found
    const { image } = found
    const { digest: imageDigest } = image

    const byTag = imageId.imageTag !== undefined
    const tags = byTag ? image.tags.filter((tag) => tag === imageId.imageTag) : image.tags
    const remaining = image.tags.filter((tag) => !tags.includes(tag))
    if (remaining.length === 0) {
      const holder = await indexThatLists(records, registry, image)
      if (holder) return referencedByManifestList(imageId, holder)
    }

    for (const tag of tags) await records.tags.remove(registry, keyOf(repository, tag))
    if (remaining.length === 0) await removeImage(records, registry, image)
    else await records.images.put(registry, keyOf(repository, imageDigest), { ...image, tags: remaining })
    return tags.length === 0 ? [{ imageDigest }] : tags.map((imageTag) => ({ imageDigest, imageTag }))
  })
}

/** Removes an image's record and what it says of others; the bytes are garbage collection's. */
export async function removeImage(records: Records, registry: Registry, image: Image): Promise<void> {
  const { repository, digest: from } = image
  const forget = (kind: string, to: string) =>
    records.references.remove(registry, keyOf(repository, to, kind, from)).then(() => undefined)

  await records.images.remove(registry, keyOf(repository, from))
  for (const { digest } of image.blobs) await forget('layer', digest)
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
