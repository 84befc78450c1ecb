import { BATCH_SIZE, batchesOf, mapInBatches, yieldToEventLoop } from '../../coordination/event-loop.js'
import { TemplateNotApplicable } from '../creation-templates/template-errors.js'
import { ServiceException } from '../errors.js'
import { distinctDescriptors } from '../images/image-contents.js'
import { type ImageStorage, pushImage } from '../images/image-push.js'
import type { Descriptor, Image, Layer } from '../images/image.js'
import { type Manifest, parseManifest } from '../images/manifest.js'
import { imageStatus } from '../images/storage-class.js'
import { belongsToRepository, confirmLayer, layersWithoutBytes } from '../layers/layer-with-bytes.js'
import { keyOf } from '../ports/store.js'
import type { Registry } from '../registry.js'
import { requireRepository } from '../repositories/require-repository.js'

/** An image to be copied from one registry to a repository of the same name in another. */
export interface ImageCopy {
  readonly source: Registry
  readonly destination: Registry
  readonly repository: string
  readonly digest: string
  /** Set on the copy if the image has them. */
  readonly tags: readonly string[]
  readonly now: Date
}

/** The result of copying an image. */
export type CopyOutcome =
  | { readonly status: 'COMPLETE' }
  /** Trying again does not help. */
  | ({ readonly status: 'FAILED' } & CopyFailure)
  /** Something is not here yet, or failed for a reason that may pass: the copy can be tried again. */
  | ({ readonly status: 'INCOMPLETE' } & CopyFailure)

/** Why an image was not copied. */
export interface CopyFailure {
  /** The API's exception that means the same, without its ending: the codes of the service are not published. */
  readonly failureCode: string
  /** Of an index: the distinct codes of the images it lists that were not copied. */
  readonly subImageFailureCodes?: readonly string[]
}

/**
 * Copies an image to a repository that exists, with its layers and, if it is an index, the images it lists. Blobs are
 * shared by digest, so only records are written, as for a push whose tags leave immutable ones alone. May be repeated.
 * https://docs.aws.amazon.com/AmazonECR/latest/userguide/replication.html
 */
export async function copyImage(storage: ImageStorage, copy: ImageCopy): Promise<CopyOutcome> {
  const { store, blobs } = storage
  const { source, repository, digest } = copy
  const image = await store.images.get(source, keyOf(repository, digest))
  if (!image) return { status: 'FAILED', failureCode: await absenceOf(storage, copy) }
  if (imageStatus(image, copy.now) === 'ARCHIVED') return { status: 'FAILED', failureCode: 'ImageNotFound' }
  if (imageStatus(image, copy.now) === 'ACTIVATING') return { status: 'INCOMPLETE', failureCode: 'ImageNotFound' }
  const bytes = await blobs.read(digest)
  if (!bytes) return { status: 'INCOMPLETE', failureCode: 'ImageNotFound' }
  const manifest = parseManifest(bytes, image.mediaType)
  await yieldToEventLoop()

  const problem = (await copyMembers(storage, copy, manifest)) ?? (await copyLayers(storage, copy, manifest))
  if (problem) return problem
  return pushCopy(storage, copy, { image, manifest, bytes })
}

/** Whether an image is missing alone or with its repository. */
const absenceOf = async ({ store }: ImageStorage, { source, repository }: ImageCopy): Promise<string> =>
  (await store.repositories.get(source, repository)) ? 'ImageNotFound' : 'RepositoryNotFound'

/** Copies the images that an index lists and the destination lacks. Returns why not all of them are there. */
async function copyMembers(
  storage: ImageStorage,
  copy: ImageCopy,
  { manifests }: Manifest,
): Promise<CopyOutcome | undefined> {
  const failures: Exclude<CopyOutcome, { status: 'COMPLETE' }>[] = []
  for (const { digest } of distinctDescriptors(manifests)) {
    if (await storage.store.images.get(copy.destination, keyOf(copy.repository, digest))) continue
    const outcome = await memberOutcome(storage, { ...copy, digest, tags: [] })
    if (outcome.status !== 'COMPLETE') failures.push(outcome)
  }
  if (failures.length === 0) return undefined
  const codes = failures.flatMap(({ failureCode, subImageFailureCodes = [] }) => [failureCode, ...subImageFailureCodes])
  return {
    status: failures.some(({ status }) => status === 'FAILED') ? 'FAILED' : 'INCOMPLETE',
    failureCode: 'ReferencedImagesNotFound',
    subImageFailureCodes: [...new Set(codes)].sort(),
  }
}

/** An index that was pulled through comes before the images it lists: one that is absent may still arrive. */
async function memberOutcome(storage: ImageStorage, copy: ImageCopy): Promise<CopyOutcome> {
  const { source, repository, digest } = copy
  const isHere = (await storage.store.images.get(source, keyOf(repository, digest))) !== undefined
  return isHere ? copyImage(storage, copy) : { status: 'INCOMPLETE', failureCode: 'ImageNotFound' }
}

/** Records the layers of an image in the destination. Returns why not all of them are there. */
async function copyLayers(
  storage: ImageStorage,
  { source, destination, repository }: ImageCopy,
  { blobs }: Manifest,
): Promise<CopyOutcome | undefined> {
  const layers = distinctDescriptors(blobs)
  const digests = layers.map(({ digest }) => digest)
  const missing = await layersWithoutBytes(storage, source, repository, digests)
  if (missing.length > 0) return { status: 'INCOMPLETE', failureCode: 'LayersNotFound' }
  const recorded = await mapInBatches(layers, ({ digest }: Descriptor) =>
    storage.store.layers.get(source, keyOf(repository, digest)),
  )
  for await (const batch of batchesOf(recorded, BATCH_SIZE))
    await storage.store.transact(destination, async (records) => {
      await requireRepository(records, destination, repository)
      for (const layer of batch) if (layer) await recordLayer(records, destination, layer)
    })
  return undefined
}

/** The bytes are here, so a layer that was recorded before they were pulled through has them now. */
async function recordLayer(
  { layers }: Pick<ImageStorage['store'], 'layers'>,
  destination: Registry,
  { repository, digest, size, mediaType }: Layer,
): Promise<void> {
  const key = keyOf(repository, digest)
  const before = await layers.get(destination, key)
  if (before && belongsToRepository(before)) return
  const layer = before ?? { repository, digest, ...(mediaType !== undefined && { mediaType }) }
  await layers.put(destination, key, confirmLayer({ ...layer, size }))
}

/** An image as it was read from the source. */
interface SourceImage {
  readonly image: Image
  readonly manifest: Manifest
  readonly bytes: Uint8Array
}

async function pushCopy(
  storage: ImageStorage,
  { destination, repository, digest, tags, now }: ImageCopy,
  { image, manifest, bytes }: SourceImage,
): Promise<CopyOutcome> {
  const remaining = new Set(image.tags)
  const copied = {
    ...{ repository, digest, manifest },
    manifestSize: bytes.length,
    furtherTags: tags.filter((tag) => remaining.has(tag)),
    now: now.getTime(),
    isReplicated: true,
  } as const
  await pushImage(storage, destination, copied, bytes)
  return { status: 'COMPLETE' }
}

/** Refusals that may pass: what was just recorded was removed again, or the store is too busy. */
const PASSING: ReadonlySet<string> = new Set([
  'LayersNotFoundException',
  'ReferencedImagesNotFoundException',
  'RepositoryNotFoundException',
  'ServerException',
])

/** The outcome that an error means. */
export function outcomeOf(error: unknown): Exclude<CopyOutcome, { status: 'COMPLETE' }> {
  if (!(error instanceof ServiceException)) return { status: 'INCOMPLETE', failureCode: 'Server' }
  if (error instanceof TemplateNotApplicable) return { status: 'FAILED', failureCode: 'TemplateNotApplicable' }
  const failureCode = error.code.replace(/Exception$/, '')
  return { status: PASSING.has(error.code) ? 'INCOMPLETE' : 'FAILED', failureCode }
}
