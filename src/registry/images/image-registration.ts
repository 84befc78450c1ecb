import { raiseIndexes, settleSize, sizeOfMembers } from './image-size.js'
import { imageTagAlreadyExists, repositoryNotFound, tooManyImages, tooManyTagsOfImage } from '../errors.js'
import type { Descriptor, Image, Tag } from './image.js'
import { recordedOf } from './image-contents.js'
import { contentSize, type Manifest } from './manifest.js'
import { keyOf, type Records, type Store } from '../ports/store.js'
import type { Quotas } from '../quotas.js'
import type { Registry } from '../registry.js'
import type { Repository } from '../repositories/repository.js'
import {
  contentsToRecord,
  isInOneTransaction,
  recordContents,
  recordInSlices,
  requireContents,
  type ContentsToRecord,
} from './record-contents.js'
import { isImmutable } from '../repositories/tag-mutability.js'
import { mapInBatches } from '../../coordination/event-loop.js'
import { taggedSince, withoutTags, withTags } from './tag-times.js'

/** An image about to be recorded; its manifest's bytes are committed to the blob store beforehand. */
export interface NewImage {
  repository: string
  digest: string
  manifest: Manifest
  manifestSize: number
  tag?: string
  /** Tags beside that one, set in the same transaction. */
  furtherTags?: readonly string[]
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
  /** False when the very same image and tags were there already. */
  changed: boolean
  /** True when an immutable or pushed tag kept its image: the new one is there, untagged. */
  tagKept: boolean
  /** The digests of the images that had the tags before. */
  takenFrom: readonly string[]
}

/**
 * Records an image and moves its tags, in one transaction: pushed by the API, pushed by Docker, or pulled through. What an
 * upstream's manifest lists by the thousands is recorded before that in several, and looked at again behind it. Without
 * quotas it is an image that was acknowledged before, and is recorded again whatever it meets.
 * Throws RepositoryNotFound, LayersNotFound, ReferencedImagesNotFound, ImageTagAlreadyExists, LimitExceeded.
 * https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_PutImage.html
 */
export async function putImage(
  store: Store,
  registry: Registry,
  put: NewImage,
  quotas?: ImageQuotas,
): Promise<PutOutcome> {
  const contents = contentsToRecord(put)
  const isWhole = isInOneTransaction(contents)
  if (!isWhole) await recordInSlices(store, registry, contents)
  const outcome = await store.transact(registry, async (records) => {
    const repository = await records.repositories.get(registry, put.repository)
    if (!repository) throw repositoryNotFound(put.repository, registry.account)
    if (isWhole && !put.pulledThrough) await requireContents(records, registry, contents)

    const decided = await decideTags(records, registry, put, repository)
    const [before, hasRoom] = await Promise.all([
      records.images.get(registry, imageKey(put)),
      quotas && records.images.holdsFewerThan(registry, quotas.imagesPerRepository, keyOf(put.repository, '')),
    ])
    if (quotas && !before && !hasRoom) throw tooManyImages(quotas.imagesPerRepository, put.repository, registry.account)
    const image = before ?? (await newImage(records, registry, put, isWhole ? contents.manifests : []))
    if (!before && isWhole) await recordContents(records, registry, contents)
    const { times, takenFrom } = await moveTags(records, registry, put, decided.moves)
    const tagged = withTags(image, times)
    // An image that has more, from before its quota was lowered, keeps them.
    if (quotas && tagged.tags.length > Math.max(quotas.tagsPerImage, image.tags.length))
      throw tooManyTagsOfImage(decided.moves[0]?.tag ?? '', quotas.tagsPerImage, put.repository, registry.account)
    const changed = !before || decided.moves.some(({ taggedBefore }) => taggedBefore?.digest !== put.digest)
    if (changed) await records.images.put(registry, imageKey(put), tagged)
    return { image: tagged, isNew: !before, changed, tagKept: decided.tagKept, takenFrom }
  })
  if (!outcome.isNew) return outcome
  if (!isWhole) await completeRecords(store, registry, contents)
  if (put.pulledThrough) await raiseIndexes(store, registry, outcome.image)
  return outcome
}

/**
 * Looks again at what was recorded before its image was: the sweep may have come between. Also for an image whose process
 * died over it.
 */
export async function completeRecords(store: Store, registry: Registry, contents: ContentsToRecord): Promise<void> {
  await recordInSlices(store, registry, contents)
  await settleSize(store, registry, contents, contents.manifests)
}

/** The quotas an image is held to, one that is pulled through like one that is pushed. */
export type ImageQuotas = Pick<Quotas, 'imagesPerRepository' | 'tagsPerImage'>

const imageKey = ({ repository, digest }: { repository: string; digest: string }) => keyOf(repository, digest)

interface Move {
  readonly tag: string
  readonly taggedBefore?: Tag | undefined
}

/** The tags to set: those that were given, apart from an immutable or pushed one that keeps what it has. */
async function decideTags(records: Records, registry: Registry, put: NewImage, repository: Repository) {
  const asked = new Set([...(put.tag === undefined ? [] : [put.tag]), ...(put.furtherTags ?? [])])
  const decisions = await mapInBatches([...asked], (tag) => decideTag(records, registry, { ...put, tag }, repository))
  const moves = decisions.flatMap(({ tag, taggedBefore }): Move[] => (tag === undefined ? [] : [{ tag, taggedBefore }]))
  return { moves, tagKept: decisions.some(({ tagKept }) => tagKept) }
}

/**
 * The tag to set, if any: it may be set, or an immutable or pushed one keeps what it has. A push of the image that an immutable
 * tag has already is refused, too. https://github.com/aws/containers-roadmap/issues/2380
 */
async function decideTag(
  records: Records,
  registry: Registry,
  put: NewImage & { readonly tag: string },
  repository: Repository,
): Promise<{ tag?: string; taggedBefore?: Tag | undefined; tagKept: boolean }> {
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

/** Answers since when each tag is where it is now, later than it was anywhere else, and the images that had them. */
async function moveTags(records: Records, registry: Registry, put: NewImage, moves: readonly Move[]) {
  const { repository, digest, now, pulledThrough } = put
  const times = new Map(moves.map(({ tag }) => [tag, now]))
  const taken = new Map<string, string[]>()
  for (const { tag, taggedBefore: before } of moves) {
    const record: Tag = { repository, tag, digest, ...(pulledThrough && { upstream: { checkedAt: now } }) }
    await records.tags.put(registry, keyOf(repository, tag), record)
    if (before && before.digest !== digest) taken.set(before.digest, [...(taken.get(before.digest) ?? []), tag])
  }
  for (const [from, tags] of taken)
    await records.images.update(registry, keyOf(repository, from), (old) => {
      for (const tag of tags) times.set(tag, Math.max(now, taggedSince(old, tag) + 1))
      return withoutTags(old, tags)
    })
  return { times, takenFrom: [...taken.keys()] }
}

/** An index is described with the sizes of `members`. */
async function newImage(
  records: Records,
  registry: Registry,
  put: NewImage,
  members: readonly Descriptor[],
): Promise<Image> {
  const { repository, digest, manifest, manifestSize, now, pulledThrough } = put
  const about = recordedOf(manifest)
  const sizes = { manifestSize, imageSize: contentSize(manifest) }
  const isIndex = manifest.manifests.length > 0
  return {
    ...{ repository, digest, ...about, ...sizes, tags: [], pushedAt: now },
    ...(isIndex && { wholeSize: await sizeOfMembers(records, registry, repository, members) }),
    ...(pulledThrough && { pulledThrough }),
  }
}
