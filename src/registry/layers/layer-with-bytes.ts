import type { Pins } from '../ports/pins.js'
import type { Layer } from '../images/image.js'
import type { Blobs } from '../ports/blob-store.js'
import { keyOf, type Records } from '../ports/store.js'
import type { Registry } from '../registry.js'
import { mapInBatches } from '../../coordination/event-loop.js'

/** The storage that finding a layer and its bytes needs. */
interface LayerStorage {
  readonly store: Pick<Records, 'layers'>
  readonly blobs: Pick<Blobs, 'size'>
  readonly pins: Pins
}

/**
 * A layer of a repository, if its bytes are here and belong to the repository: a layer that is pulled through is
 * recorded before its bytes arrive. The caller can rely on the layer for a while, because it is pinned and looked up
 * again, and the mark of a sweep is removed from it.
 */
export async function layerWithBytes(
  { store, blobs, pins }: LayerStorage,
  registry: Registry,
  repository: string,
  digest: string,
): Promise<Layer | undefined> {
  const key = keyOf(repository, digest)
  const [record, isPinned] = await Promise.all([store.layers.get(registry, key), pins.isPinned(digest)])
  if (!record) return undefined
  if (!isPinned) await pins.pin(digest)
  const layer = await clearSweepMark(store, registry, key)
  const size = layer && (await availableSize(layer, blobs))
  return layer && size !== undefined ? { ...layer, size } : undefined
}

/**
 * The size of a layer's bytes; undefined if they are missing or damaged, or do not belong to this repository: a
 * manifest that names a digest does not give access to its bytes.
 */
export const availableSize = async (layer: Layer, blobs: Pick<Blobs, 'size'>): Promise<number | undefined> =>
  belongsToRepository(layer) ? blobs.size(layer.digest, layer.size) : undefined

/**
 * Whether the bytes belong to the repository: they were pushed or mounted, or its upstream has sent or confirmed them.
 */
export const belongsToRepository = ({ pulledThrough, isConfirmed }: Layer): boolean =>
  pulledThrough !== true || isConfirmed === true

/** The layer with its bytes marked as belonging to the repository. */
export const confirmLayer = (layer: Layer): Layer => (layer.pulledThrough ? { ...layer, isConfirmed: true } : layer)

/**
 * The digests of layers that are missing or lack bytes. The caller can rely on the others, as with `layerWithBytes`.
 */
export async function layersWithoutBytes(
  storage: LayerStorage,
  registry: Registry,
  repository: string,
  digests: readonly string[],
): Promise<string[]> {
  const { store, blobs, pins } = storage
  const layers = await mapInBatches(digests, (digest) => store.layers.get(registry, keyOf(repository, digest)))
  await pins.pin(digests.filter((_, index) => layers[index]))
  const isAvailable = await mapInBatches(digests, async (digest) => {
    const layer = await clearSweepMark(store, registry, keyOf(repository, digest))
    return layer !== undefined && (await availableSize(layer, blobs)) !== undefined
  })
  return digests.filter((_, index) => !isAvailable[index])
}

/** Reads a layer, and removes the mark of a sweep from its record. */
async function clearSweepMark(
  { layers }: LayerStorage['store'],
  registry: Registry,
  key: string,
): Promise<Layer | undefined> {
  const layer = await layers.get(registry, key)
  return layer?.condemned ? layers.update(registry, key, withoutSweepMark) : layer
}

/**
 * The layer without the mark of a sweep. Storing it prevents its removal, since a sweep removes only what it has
 * marked.
 */
export function withoutSweepMark(layer: Layer): Layer {
  const unmarked = { ...layer }
  delete unmarked.condemned
  return unmarked
}
