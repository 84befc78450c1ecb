import { layersNotFound, referencedImagesNotFound, repositoryNotFound } from '../errors.js'
import type { Descriptor, Image, Layer, Reference } from './image.js'
import { type Contents, distinct } from './image-contents.js'
import { relied } from '../layers/layer-with-bytes.js'
import type { Manifest } from './manifest.js'
import { keyOf, type Records, type Store } from '../ports/store.js'
import type { Registry } from '../registry.js'
import { mapInBatches, BATCH_SIZE, batchesOf } from '../../coordination/event-loop.js'

/** What an image lists, and what decides how that is recorded. */
export interface ContentsToRecord
  extends Contents, Pick<Image, 'repository' | 'digest' | 'subject' | 'pulledThrough'> {}

/** More than a pushed manifest may list; an upstream's may list 27,000. */
const IN_ONE_TRANSACTION = 1000

/** Members of an index that are read together: an image with all its tags is a large record. */
const MEMBERS_AT_ONCE = 50

/** Each layer and member once, however often a manifest lists it. */
export function contentsToRecord(
  put: Pick<Image, 'repository' | 'digest' | 'pulledThrough'> & { readonly manifest: Manifest },
): ContentsToRecord {
  const { repository, digest, pulledThrough, manifest } = put
  return {
    ...{ repository, digest, blobs: distinct(manifest.blobs), manifests: distinct(manifest.manifests) },
    ...(manifest.subject !== undefined && { subject: manifest.subject }),
    ...(pulledThrough && { pulledThrough }),
  }
}

/** Whether so much is recorded together with the image. */
export const isInOneTransaction = ({ blobs, manifests }: Contents): boolean =>
  blobs.length + manifests.length <= IN_ONE_TRANSACTION

/** Throws LayersNotFound, ReferencedImagesNotFound. */
export async function requireContents(
  records: Records,
  registry: Registry,
  { repository, blobs, manifests }: ContentsToRecord,
): Promise<void> {
  const absent = async (collection: 'layers' | 'images', descriptors: readonly Descriptor[], size: number) => {
    const get = ({ digest }: Descriptor) => records[collection].get(registry, keyOf(repository, digest))
    const found = await mapInBatches<Descriptor, Layer | Image | undefined>(descriptors, get, size)
    return descriptors.filter((_, index) => !found[index]).map(({ digest }) => digest)
  }
  const layers = await absent('layers', blobs, BATCH_SIZE)
  if (layers.length > 0) throw layersNotFound(layers, repository, registry.account)
  const members = await absent('images', manifests, MEMBERS_AT_ONCE)
  if (members.length > 0) throw referencedImagesNotFound(members, repository, registry.account)
}

/** Writes that the image has its layers, which the sweep then leaves alone, and what it names, to be found from the other end. */
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
  const known = { repository, digest, mediaType, isInImage: true } as const
  const isToCome = pulledThrough === true && (!layer || layer.pulledThrough === true)
  const ofRepository = layer?.isConfirmed && { size: layer.size, isConfirmed: layer.isConfirmed }
  if (isToCome) await layers.put(registry, key, { ...known, size, pulledThrough: true, ...ofRepository })
  else if (layer) await layers.put(registry, key, { ...relied(layer), ...known })
}

/**
 * The same in as many transactions as it takes, for what is too much for one. Before the image is recorded, so that who
 * finds the image finds its layers; again afterwards, when the sweep, which may have come between, sees the image. Throws
 * RepositoryNotFound.
 */
export async function recordInSlices(store: Store, registry: Registry, contents: ContentsToRecord): Promise<void> {
  const { repository, blobs, manifests } = contents
  const record = (part: Contents) =>
    store.transact(registry, async (records) => {
      if (!(await records.repositories.get(registry, repository)))
        throw repositoryNotFound(repository, registry.account)
      if (!contents.pulledThrough) await requireContents(records, registry, { ...contents, ...part })
      await recordContents(records, registry, { ...contents, ...part })
    })
  for await (const slice of batchesOf(blobs)) await record({ blobs: slice, manifests: [] })
  for await (const slice of batchesOf(manifests)) await record({ blobs: [], manifests: slice })
}
