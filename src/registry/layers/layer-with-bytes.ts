import type { Pins } from '../ports/pins.js'
import type { Layer } from '../images/image.js'
import type { BlobStore } from '../ports/blob-store.js'
import { keyOf, type Records } from '../ports/store.js'
import type { Registry } from '../registry.js'
import { mapInBatches } from '../../coordination/event-loop.js'

/** What it takes to say that a layer is here. */
export interface LayerStorage {
  readonly store: Pick<Records, 'layers'>
  readonly blobs: Pick<BlobStore, 'size'>
  readonly pins: Pins
}

/**
 * The layer of a repository whose bytes are here, and are the repository's: the record of one that is being pulled through
 * comes before them. Who was answered may count on it for a while: one that is here is touched and looked for again, and
 * the sweep's mark comes off.
 */
export async function layerWithBytes(
  { store, blobs, pins }: LayerStorage,
  registry: Registry,
  repository: string,
  digest: string,
): Promise<Layer | undefined> {
  const key = keyOf(repository, digest)
  const [recorded, isPinned] = await Promise.all([store.layers.get(registry, key), pins.isPinned(digest)])
  if (!recorded) return undefined
  if (!isPinned) await pins.pin(digest)
  const layer = await withoutMark(store, registry, key)
  const size = layer && (await sizeOfBytes(layer, blobs))
  return layer && size !== undefined ? { ...layer, size } : undefined
}

/**
 * The size of a layer's bytes; undefined where they are not here, or are damaged, or came some other way than into this
 * repository: that a manifest names a digest gives nobody a right to its bytes.
 */
export const sizeOfBytes = async (layer: Layer, blobs: Pick<BlobStore, 'size'>): Promise<number | undefined> =>
  isOfRepository(layer) ? blobs.size(layer.digest, layer.size) : undefined

/** Whether the repository has a right to the bytes: they were pushed or mounted, or its upstream has answered for them. */
export const isOfRepository = ({ pulledThrough, isConfirmed }: Layer): boolean =>
  pulledThrough !== true || isConfirmed === true

/** A layer whose bytes are the repository's from now on. */
export const confirmed = (layer: Layer): Layer => (layer.pulledThrough ? { ...layer, isConfirmed: true } : layer)

/** Which of these layers are not here with their bytes; all that are may be counted on, as with `layerWithBytes`. */
export async function layersWithoutBytes(
  storage: LayerStorage,
  registry: Registry,
  repository: string,
  digests: readonly string[],
): Promise<string[]> {
  const { store, blobs, pins } = storage
  const recorded = await mapInBatches(digests, (digest) => store.layers.get(registry, keyOf(repository, digest)))
  await pins.pin(digests.filter((_, index) => recorded[index]))
  const isHere = await mapInBatches(digests, async (digest) => {
    const layer = await withoutMark(store, registry, keyOf(repository, digest))
    return layer !== undefined && (await sizeOfBytes(layer, blobs)) !== undefined
  })
  return digests.filter((_, index) => !isHere[index])
}

/** A layer's record as it is now, with the sweep's mark taken off. */
async function withoutMark(
  { layers }: LayerStorage['store'],
  registry: Registry,
  key: string,
): Promise<Layer | undefined> {
  const found = await layers.get(registry, key)
  return found?.condemned ? layers.update(registry, key, relied) : found
}

/** A layer without the sweep's mark: its record changes, and the sweep's removal of it fails. */
export function relied(layer: Layer): Layer {
  const unmarked = { ...layer }
  delete unmarked.condemned
  return unmarked
}
