import { collectionsOfImage } from '../dependent-collections.js'
import { layersNotFound, referencedImagesNotFound, repositoryNotFound } from '../errors.js'
import type { Descriptor, Image, Layer, Reference } from './image.js'
import { type ImageContents, distinctDescriptors } from './image-contents.js'
import { withoutSweepMark } from '../layers/layer-with-bytes.js'
import type { Manifest } from './manifest.js'
import { keyOf, type Records, type Store } from '../ports/store.js'
import type { Registry } from '../registry.js'
import { mapInBatches, BATCH_SIZE, batchesOf } from '../../coordination/event-loop.js'

/** The contents of an image, and what decides how they are recorded. */
export interface ContentsToRecord
  extends ImageContents, Pick<Image, 'repository' | 'digest' | 'subject' | 'pulledThrough'> {
  /** Set if the repository need not have the layers. */
  readonly mayLackLayers?: true
}

/**
 * The most descriptors that are recorded in one transaction: more than a pushed manifest may list, while one from an
 * upstream may list 27,000.
 */
const MAX_PER_TRANSACTION = 1000

/** Members of an index that are read together: an image with all its tags is a large record. */
const MEMBERS_PER_BATCH = 50

/** The contents of an image to be recorded, without duplicates. */
export function contentsToRecord(
  put: Pick<ContentsToRecord, 'repository' | 'digest' | 'pulledThrough' | 'mayLackLayers'> & {
    readonly manifest: Manifest
  },
): ContentsToRecord {
  const { repository, digest, pulledThrough, mayLackLayers, manifest } = put
  return {
    repository,
    digest,
    blobs: distinctDescriptors(manifest.blobs),
    manifests: distinctDescriptors(manifest.manifests),
    ...(manifest.subject !== undefined && { subject: manifest.subject }),
    ...(pulledThrough && { pulledThrough }),
    ...(mayLackLayers && { mayLackLayers }),
  }
}

/** Whether these contents are few enough to be recorded in the transaction of their image. */
export const fitsOneTransaction = ({ blobs, manifests }: ImageContents): boolean =>
  blobs.length + manifests.length <= MAX_PER_TRANSACTION

/**
 * Requires that the repository has all layers and members of an image, or only the members of one that may lack
 * layers. Throws LayersNotFound, ReferencedImagesNotFound.
 */
export async function requireContents(
  records: Records,
  registry: Registry,
  { repository, blobs, manifests, mayLackLayers }: ContentsToRecord,
): Promise<void> {
  const missing = async (collection: 'layers' | 'images', descriptors: readonly Descriptor[], size: number) => {
    const get = ({ digest }: Descriptor) => records[collection].get(registry, keyOf(repository, digest))
    const existing = await mapInBatches<Descriptor, Layer | Image | undefined>(descriptors, get, size)
    return descriptors.filter((_, index) => !existing[index]).map(({ digest }) => digest)
  }
  const layers = await missing('layers', mayLackLayers ? [] : blobs, BATCH_SIZE)
  if (layers.length > 0) throw layersNotFound(layers, repository, registry.account)
  const members = await missing('images', manifests, MEMBERS_PER_BATCH)
  if (members.length > 0) throw referencedImagesNotFound(members, repository, registry.account)
}

/**
 * Records that the repository has the layers of an image, and references from the image to its members and its subject,
 * so that the image can be found from them.
 */
export async function recordContents(records: Records, registry: Registry, contents: ContentsToRecord): Promise<void> {
  const { repository, digest: from, blobs, manifests, subject } = contents
  const refer = (kind: Reference['kind'], to: string) =>
    records.references.put(registry, keyOf(repository, to, kind, from), { repository, kind, to, from })

  await mapInBatches(blobs, (blob) => recordLayer(records, registry, blob, contents))
  for (const { digest } of manifests) await refer('member', digest)
  if (subject !== undefined) await refer('subject', subject)
}

async function recordLayer(
  { layers }: Pick<Records, 'layers'>,
  registry: Registry,
  { digest, size, mediaType }: Descriptor,
  { repository, pulledThrough }: ContentsToRecord,
): Promise<void> {
  const key = keyOf(repository, digest)
  const layer = await layers.get(registry, key)
  const fields = { repository, digest, mediaType, isInImage: true } as const
  const isFromUpstream = pulledThrough === true && (!layer || layer.pulledThrough === true)
  const confirmation = layer?.isConfirmed && { size: layer.size, isConfirmed: layer.isConfirmed }
  if (isFromUpstream) await layers.put(registry, key, { ...fields, size, pulledThrough: true, ...confirmation })
  else if (layer) await layers.put(registry, key, { ...withoutSweepMark(layer), ...fields })
}

/**
 * Records contents that are too many for one transaction, in as many as it takes. Called before the image is recorded,
 * so that its layers exist when it does; and again afterwards, because a sweep that did not see the image yet may have
 * removed some. Throws RepositoryNotFound.
 */
export async function recordContentsInBatches(
  store: Store,
  registry: Registry,
  contents: ContentsToRecord,
): Promise<void> {
  const { repository, blobs, manifests } = contents
  const record = (part: ImageContents) =>
    store.transact(registry, async (records) => {
      if (!(await records.repositories.get(registry, repository)))
        throw repositoryNotFound(repository, registry.account)
      if (!contents.pulledThrough) await requireContents(records, registry, { ...contents, ...part })
      await recordContents(records, registry, { ...contents, ...part })
    })
  for await (const batch of batchesOf(blobs)) await record({ blobs: batch, manifests: [] })
  for await (const batch of batchesOf(manifests)) await record({ blobs: [], manifests: batch })
}

/**
 * Removes the record of an image, its references, and the other records about it. References to members that are only
 * in its manifest are removed by
 * `removeMemberReferences`; layers and bytes are left to garbage collection.
 */
export async function removeImageRecord(records: Records, registry: Registry, image: Image): Promise<void> {
  const { repository, digest: from, manifests = [], subject } = image
  await records.images.remove(registry, keyOf(repository, from))
  await Promise.all(
    manifests.map(({ digest }) => records.references.remove(registry, keyOf(repository, digest, 'member', from))),
  )
  if (subject !== undefined) await records.references.remove(registry, keyOf(repository, subject, 'subject', from))
  await Promise.all(collectionsOfImage.map((name) => records[name].remove(registry, keyOf(repository, from))))
}

/** Removes the references from a deleted index to its members, unless the index was pushed again meanwhile. */
export async function removeMemberReferences(
  store: Store,
  registry: Registry,
  { repository, digest: from, manifests }: Pick<Image, 'repository' | 'digest' | 'manifests'>,
  members: readonly Descriptor[],
): Promise<void> {
  // `removeImageRecord` has removed references to members that are in the record.
  if (manifests) return
  for await (const batch of batchesOf(members))
    await store.transact(registry, async ({ images, references }) => {
      if (await images.get(registry, keyOf(repository, from))) return
      await Promise.all(
        batch.map(({ digest }) => references.remove(registry, keyOf(repository, digest, 'member', from))),
      )
    })
}
