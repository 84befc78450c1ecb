import { indexesThatList, settleIndexes, wholeSize } from './described-size.js'
import {
  imageTagAlreadyExists,
  layersNotFound,
  referencedImagesNotFound,
  repositoryNotFound,
  tooManyImages,
  tooManyTagsOfImage,
} from './errors.js'
import type { Image, Reference, Tag } from './image.js'
import { relied } from './layer-with-bytes.js'
import { contentSize, type Manifest } from './manifest.js'
import { keyOf, type Records, type Store } from './ports/store.js'
import type { Quotas } from './quotas.js'
import type { Registry } from './registry.js'
import type { Repository } from './repository.js'
import { isImmutable } from './tag-mutability.js'
import { taggedSince, withoutTags, withTag } from './tag-times.js'

/** An image about to be recorded; its manifest's bytes are committed to the blob store beforehand. */
export interface NewImage {
  repository: string
  digest: string
  manifest: Manifest
  manifestSize: number
  tag?: string
  now: number
  /**
   * Set when the image came through a cache rule: its blobs and members may still be on their way, and a tag that is
   * immutable or was pushed keeps its image instead of refusing.
   */
  pulledThrough?: true
}

export interface PutOutcome {
  image: Image
  /** True when there was no record of this image before. */
  isNew: boolean
  /** False when the very same image and tag were there already. */
  changed: boolean
  /** True when an immutable or pushed tag kept its image: the new one is there, untagged. */
  tagKept: boolean
  /** The digest of the image that had the tag before. */
  takenFrom?: string
}

/**
 * Records an image and moves its tag, in one transaction: pushed by the API, pushed by Docker, or pulled through. Without
 * quotas it is an image that was acknowledged before, and is recorded again whatever it meets.
 * Throws RepositoryNotFound, LayersNotFound, ReferencedImagesNotFound, ImageTagAlreadyExists, LimitExceeded.
 * https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_PutImage.html
 */
export function putImage(store: Store, registry: Registry, put: NewImage, quotas?: ImageQuotas): Promise<PutOutcome> {
  return store.transact(registry, async (records) => {
    const repository = await records.repositories.get(registry, put.repository)
    if (!repository) throw repositoryNotFound(put.repository, registry.account)
    if (!put.pulledThrough) await requireContents(records, registry, put)

    const { tag, taggedBefore, tagKept } = await decideTag(records, registry, put, repository)
    const [before, hasRoom] = await Promise.all([
      records.images.get(registry, imageKey(put)),
      quotas && records.images.holdsFewerThan(registry, quotas.imagesPerRepository, keyOf(put.repository, '')),
    ])
    if (quotas && !before && !hasRoom) throw tooManyImages(quotas.imagesPerRepository, put.repository, registry.account)
    const image = before ?? (await newImage(records, registry, put))
    const indexes = before || !put.pulledThrough ? [] : await indexesThatList(records, registry, put)
    const changed = !before || (tag !== undefined && taggedBefore?.digest !== put.digest)
    if (!before) await recordContents(records, registry, put)
    const tagged =
      tag === undefined ? image : withTag(image, tag, await moveTag(records, registry, put, tag, taggedBefore))
    if (quotas && tag !== undefined && tagged.tags.length > quotas.tagsPerImage)
      throw tooManyTagsOfImage(tag, quotas.tagsPerImage, put.repository, registry.account)
    if (changed) await records.images.put(registry, imageKey(put), tagged)
    await settleIndexes(records, registry, indexes)
    const moved = taggedBefore !== undefined && taggedBefore.digest !== put.digest
    return { image: tagged, isNew: !before, changed, tagKept, ...(moved && { takenFrom: taggedBefore.digest }) }
  })
}

/** The quotas an image is held to, one that is pulled through like one that is pushed. */
export type ImageQuotas = Pick<Quotas, 'imagesPerRepository' | 'tagsPerImage'>

const imageKey = ({ repository, digest }: { repository: string; digest: string }) => keyOf(repository, digest)

/**
 * The tag to set, if any: none was given, it may be set, or an immutable or pushed one keeps what it has. A push of the image
 * that an immutable tag has already is refused, too. https://github.com/aws/containers-roadmap/issues/2380
 */
async function decideTag(records: Records, registry: Registry, put: NewImage, repository: Repository) {
  if (put.tag === undefined) return { tagKept: false }
  const taggedBefore = await records.tags.get(registry, keyOf(put.repository, put.tag))
  const isPushed = taggedBefore !== undefined && taggedBefore.upstream === undefined
  if (put.pulledThrough && isPushed) return { tagKept: true }
  const mayStay = put.pulledThrough === true && taggedBefore?.digest === put.digest
  if (!taggedBefore || mayStay || !isImmutable(repository, put.tag))
    return { tag: put.tag, taggedBefore, tagKept: false }
  if (!put.pulledThrough) throw imageTagAlreadyExists(put.tag, put.repository)
  await records.tags.put(registry, keyOf(put.repository, put.tag), {
    ...taggedBefore,
    upstream: { checkedAt: put.now },
  })
  return { tagKept: true }
}

/** Answers since when the tag is where it is now: later than it was anywhere else. */
async function moveTag(records: Records, registry: Registry, put: NewImage, tag: string, before?: Tag) {
  const { repository, digest } = put
  const record: Tag = { repository, tag, digest, ...(put.pulledThrough && { upstream: { checkedAt: put.now } }) }
  await records.tags.put(registry, keyOf(repository, tag), record)
  if (!before || before.digest === digest) return put.now
  let at = put.now
  await records.images.update(registry, keyOf(repository, before.digest), (old) => {
    at = Math.max(at, taggedSince(old, tag) + 1)
    return withoutTags(old, [tag])
  })
  return at
}

async function newImage(records: Records, registry: Registry, put: NewImage): Promise<Image> {
  const { repository, digest, manifest, manifestSize, now, pulledThrough } = put
  const sizes = { manifestSize, imageSize: contentSize(manifest) }
  const whole = await wholeSize(records, registry, { repository, ...manifest, ...sizes })
  return {
    ...{ repository, digest, ...manifest, ...sizes, tags: [], pushedAt: now },
    ...(whole !== undefined && { wholeSize: whole }),
    ...(pulledThrough && { pulledThrough }),
  }
}

async function requireContents(records: Records, registry: Registry, { repository, manifest }: NewImage) {
  const absent = async (collection: 'layers' | 'images', digests: string[]) => {
    const found = await Promise.all(
      digests.map((digest) => records[collection].get(registry, keyOf(repository, digest))),
    )
    return digests.filter((_, index) => !found[index])
  }
  const layers = await absent(
    'layers',
    manifest.blobs.map(({ digest }) => digest),
  )
  if (layers.length > 0) throw layersNotFound(layers, repository, registry.account)
  const members = await absent(
    'images',
    manifest.manifests.map(({ digest }) => digest),
  )
  if (members.length > 0) throw referencedImagesNotFound(members, repository, registry.account)
}

/** Writes that the image has its layers, which the sweep then leaves alone, and what it names, to be found from the other end. */
async function recordContents(records: Records, registry: Registry, put: NewImage) {
  const { repository, digest: from, manifest } = put
  const refer = (kind: Reference['kind'], to: string) =>
    records.references.put(registry, keyOf(repository, to, kind, from), { repository, kind, to, from })

  for (const { digest, size, mediaType } of manifest.blobs) {
    const key = keyOf(repository, digest)
    const layer = await records.layers.get(registry, key)
    const known = { repository, digest, mediaType, isInImage: true } as const
    const isToCome = put.pulledThrough === true && (!layer || layer.pulledThrough === true)
    const ofRepository = layer?.isConfirmed && { size: layer.size, isConfirmed: layer.isConfirmed }
    if (isToCome) await records.layers.put(registry, key, { ...known, size, pulledThrough: true, ...ofRepository })
    else if (layer) await records.layers.put(registry, key, { ...relied(layer), ...known })
  }
  for (const { digest } of manifest.manifests) await refer('member', digest)
  if (manifest.subject) await refer('subject', manifest.subject)
}
