import { raiseIndexSizes, updateIndexSize, largestMemberSize } from './image-size.js'
import { imageTagAlreadyExists, repositoryNotFound, tooManyImages, tooManyTagsOfImage } from '../errors.js'
import type { ImageChangeCause } from './image-change.js'
import { recordImageChange } from './record-image-change.js'
import type { Descriptor, Image, Tag } from './image.js'
import { boundedFields } from './image-contents.js'
import { contentSize, type Manifest } from './manifest.js'
import { keyOf, type Records, type Store } from '../ports/store.js'
import type { Quotas } from '../quotas.js'
import type { Registry } from '../registry.js'
import type { Repository } from '../repositories/repository.js'
import {
  contentsToRecord,
  fitsOneTransaction,
  recordContents,
  recordContentsInBatches,
  requireContents,
  type ContentsToRecord,
} from './record-contents.js'
import { recordActivation } from './storage-class-change.js'
import { imageStatus, restored } from './storage-class.js'
import { isImmutable } from '../repositories/tag-mutability.js'
import { mapInBatches } from '../../coordination/event-loop.js'
import { tagTime, withoutTags, withTags } from './tag-times.js'

/** An image to be recorded. The bytes of its manifest are committed to the blob store beforehand. */
export interface NewImage {
  repository: string
  digest: string
  manifest: Manifest
  manifestSize: number
  tag?: string
  /** Further tags, set in the same transaction. */
  furtherTags?: readonly string[]
  now: number
  /**
   * Set if the image came through a cache rule. Then its blobs and members may still be missing, and a tag that is
   * immutable or was pushed stays with its image without an error.
   */
  pulledThrough?: true
  /** Set if the image is a copy that replication made. Then immutable tags stay with their images without an error. */
  isReplicated?: true
  /** Set if the image is recorded even if the repository lacks its layers (`images.verifyLayers`). */
  mayLackLayers?: true
  /** Of an image that is recorded again: whether it was archived. */
  archive?: NonNullable<Image['archive']>
}

/** What `putImage` did. */
export interface PutOutcome {
  image: Image
  /** Whether the image had no record before. */
  isNew: boolean
  /** False if the image already existed with these tags, and was not archived. */
  isChanged: boolean
  /** Whether an immutable or pushed tag stayed with its image, so that the new image lacks it. */
  isTagUnmoved: boolean
  /** The digests of the images from which tags were moved. */
  previousHolders: readonly string[]
}

/**
 * Records an image and moves its tags in one transaction, whether it was pushed by the API, pushed by Docker or pulled
 * through. If an upstream's manifest lists too much for one transaction, its contents are recorded in several before
 * it, and again after it. Without `quotas`, the image was acknowledged before and is recorded again whatever the quotas
 * are. Throws RepositoryNotFound, LayersNotFound, ReferencedImagesNotFound, ImageTagAlreadyExists, LimitExceeded.
 * https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_PutImage.html
 */
export async function putImage(
  store: Store,
  registry: Registry,
  put: NewImage,
  quotas?: ImageQuotas,
): Promise<PutOutcome> {
  const contents = contentsToRecord(put)
  const isInTransaction = fitsOneTransaction(contents)
  if (!isInTransaction) await recordContentsInBatches(store, registry, contents)
  const outcome = await store.transact(registry, async (records) => {
    const repository = await records.repositories.get(registry, put.repository)
    if (!repository) throw repositoryNotFound(put.repository, registry.account)
    if (isInTransaction && !put.pulledThrough) await requireContents(records, registry, contents)

    const [existing, hasRoom] = await Promise.all([
      records.images.get(registry, imageKey(put)),
      quotas && records.images.holdsFewerThan(registry, quotas.imagesPerRepository, keyOf(put.repository, '')),
    ])
    // Without quotas the image is one that the store had lost: it was pushed before.
    const isRestored = existing !== undefined && quotas !== undefined && isRestoredByPush(existing, put)
    const decisions = await decideTags(records, registry, { ...put, isRestored }, repository)
    if (quotas && !existing && !hasRoom)
      throw tooManyImages(quotas.imagesPerRepository, put.repository, registry.account)
    const old = isRestored ? restored(existing, put.now) : existing
    const image = old ?? (await newImage(records, registry, put, isInTransaction ? contents.manifests : []))
    if (!existing && isInTransaction) await recordContents(records, registry, contents)
    const { times, previousHolders } = await moveTags(records, registry, put, decisions.moves)
    const tagged = withTags(image, times)
    // An image that has more tags than the quota, because the quota was lowered, keeps them.
    if (quotas && tagged.tags.length > Math.max(quotas.tagsPerImage, image.tags.length))
      throw tooManyTagsOfImage(decisions.moves[0]?.tag ?? '', quotas.tagsPerImage, put.repository, registry.account)
    const isChanged = !existing || isRestored || decisions.moves.some(({ previous }) => previous?.digest !== put.digest)
    if (isChanged) await records.images.put(registry, imageKey(put), tagged)
    if (isChanged && quotas) await recordPush(records, registry, tagged, put, decisions.moves)
    if (isRestored) await recordActivation(records, registry, tagged, { activeFrom: put.now, cause: causeOf(put) })
    return { image: tagged, isNew: !existing, isChanged, isTagUnmoved: decisions.isTagUnmoved, previousHolders }
  })
  if (!outcome.isNew) return outcome
  if (!isInTransaction) await recordContentsAgain(store, registry, contents)
  if (put.pulledThrough) await raiseIndexSizes(store, registry, outcome.image)
  return outcome
}

/**
 * Records contents again that were recorded before their image, because a sweep may have removed them in between. Also
 * used to complete an image whose process died before it did so.
 */
export async function recordContentsAgain(store: Store, registry: Registry, contents: ContentsToRecord): Promise<void> {
  await recordContentsInBatches(store, registry, contents)
  await updateIndexSize(store, registry, contents, contents.manifests)
}

function recordPush(records: Records, registry: Registry, image: Image, put: NewImage, moves: readonly TagMove[]) {
  const tags = moves.map(({ tag }) => tag)
  return recordImageChange(records, registry, image, { action: 'PUSH', tags, at: put.now, cause: causeOf(put) })
}

const causeOf = ({ pulledThrough, isReplicated }: NewImage): ImageChangeCause =>
  isReplicated ? 'replication' : pulledThrough ? 'pull-through' : 'request'

/**
 * Whether this push restores the image from the archive, at once. A pull through a cache rule does not.
 * https://docs.aws.amazon.com/AmazonECR/latest/userguide/restore-image.html
 */
const isRestoredByPush = (image: Image, { now, pulledThrough }: NewImage): boolean =>
  !pulledThrough && imageStatus(image, new Date(now)) !== 'ACTIVE'

/** The quotas for an image, pushed or pulled through. */
export type ImageQuotas = Pick<Quotas, 'imagesPerRepository' | 'tagsPerImage'>

const imageKey = ({ repository, digest }: { repository: string; digest: string }) => keyOf(repository, digest)

/** A tag to be set, and its record before. */
interface TagMove {
  readonly tag: string
  readonly previous?: Tag | undefined
}

/** An image to be recorded, and whether that restores it from the archive. */
interface DecidedImage extends NewImage {
  readonly isRestored: boolean
}

/** The tags to be set: those of the request, except immutable or pushed ones that stay with their image. */
async function decideTags(records: Records, registry: Registry, put: DecidedImage, repository: Repository) {
  const tags = new Set([...(put.tag === undefined ? [] : [put.tag]), ...(put.furtherTags ?? [])])
  const tagDecisions = await mapInBatches([...tags], (tag) => decideTag(records, registry, { ...put, tag }, repository))
  const moves = tagDecisions.flatMap(({ tag, previous }): TagMove[] => (tag === undefined ? [] : [{ tag, previous }]))
  return { moves, isTagUnmoved: tagDecisions.some(({ isUnmoved }) => isUnmoved) }
}

/**
 * Whether the tag is to be set or, if it is immutable or was pushed, stays with its image. Pushing the very image that
 * an immutable tag has already is refused too, unless that restores it from the archive.
 * https://github.com/aws/containers-roadmap/issues/2380
 */
async function decideTag(
  records: Records,
  registry: Registry,
  put: DecidedImage & { readonly tag: string },
  repository: Repository,
): Promise<{ tag?: string; previous?: Tag | undefined; isUnmoved: boolean }> {
  const previous = await records.tags.get(registry, keyOf(put.repository, put.tag))
  const isPushed = previous !== undefined && previous.upstream === undefined
  if (put.pulledThrough && isPushed) return { isUnmoved: true }
  const mayRepeatTag = put.pulledThrough ?? put.isReplicated ?? put.isRestored
  const mayStay = mayRepeatTag === true && previous?.digest === put.digest
  if (!previous || mayStay || !isImmutable(repository, put.tag)) return { tag: put.tag, previous, isUnmoved: false }
  if (put.isReplicated) return { isUnmoved: true }
  if (!put.pulledThrough) throw imageTagAlreadyExists(put.tag, put.repository)
  await records.tags.put(registry, keyOf(put.repository, put.tag), {
    ...previous,
    upstream: { checkedAt: put.now },
  })
  return { isUnmoved: true }
}

/**
 * Moves tags to the image. Returns the time of each move, which is later than that of any earlier move of the tag,
 * whatever the clocks say; and the digests of the images that had the tags.
 */
async function moveTags(records: Records, registry: Registry, put: NewImage, moves: readonly TagMove[]) {
  const { repository, digest, now, pulledThrough } = put
  const times = new Map(moves.map(({ tag }) => [tag, now]))
  const tagsByHolder = new Map<string, string[]>()
  for (const { tag, previous } of moves) {
    const record: Tag = { repository, tag, digest, ...(pulledThrough && { upstream: { checkedAt: now } }) }
    await records.tags.put(registry, keyOf(repository, tag), record)
    if (previous && previous.digest !== digest)
      tagsByHolder.set(previous.digest, [...(tagsByHolder.get(previous.digest) ?? []), tag])
  }
  for (const [holder, tags] of tagsByHolder)
    await records.images.update(registry, keyOf(repository, holder), (old) => {
      for (const tag of tags) times.set(tag, Math.max(now, tagTime(old, tag) + 1))
      return withoutTags(old, tags)
    })
  return { times, previousHolders: [...tagsByHolder.keys()] }
}

/** The record of a new image. For an index, `members` are those whose sizes count towards its own. */
async function newImage(
  records: Records,
  registry: Registry,
  put: NewImage,
  members: readonly Descriptor[],
): Promise<Image> {
  const { repository, digest, manifest, manifestSize, now, pulledThrough, mayLackLayers, archive } = put
  const isIndex = manifest.manifests.length > 0
  return {
    repository,
    digest,
    ...boundedFields(manifest),
    manifestSize,
    imageSize: contentSize(manifest),
    tags: [],
    pushedAt: now,
    ...(isIndex && { wholeSize: await largestMemberSize(records, registry, repository, members) }),
    ...(pulledThrough && { pulledThrough }),
    ...(mayLackLayers && { mayLackLayers }),
    ...(archive && { archive }),
  }
}
