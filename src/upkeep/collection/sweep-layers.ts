import type { Layer } from '../../registry/images/image.js'
import { imageContents } from '../../registry/images/image-contents.js'
import { withoutSweepMark } from '../../registry/layers/layer-with-bytes.js'
import { keyOf } from '../../registry/ports/store.js'
import type { Registry } from '../../registry/registry.js'
import { countRemoved, type SweepRun } from './sweep-run.js'
import { eachRecord, inBatches } from '../record-walk.js'

/** Layers marked or removed in one transaction. */
const LAYERS_PER_TRANSACTION = 500

/**
 * Removes the records of layers that no image of their repository names and that are not pinned. Each layer is marked
 * in its record (`condemned`); then images and pins are read again; then the record is removed if it still has the
 * mark. A client that relied on the layer before the mark is found by the second reading; one that relies on it later
 * removes the mark.
 */
export async function sweepLayers(run: SweepRun): Promise<void> {
  for (const registry of await run.store.registries()) {
    for await (const batch of inBatches(unreferencedLayers(registry, run), LAYERS_PER_TRANSACTION))
      await removeUnreferenced(registry, batch, run)
  }
}

/**
 * Layers are read in the order of repositories, so only the layer digests of one repository are in memory at a time.
 */
async function* unreferencedLayers(registry: Registry, run: SweepRun): AsyncGenerator<Layer, void> {
  let current: string | undefined
  let isNamed: LayerPredicate = () => true
  for await (const layer of eachRecord(run.store.layers, registry)) {
    run.checkpoint()
    const { repository, digest } = layer
    if (repository !== current) {
      current = repository
      isNamed = await layersNamedIn(registry, repository, run)
    }
    if (!isNamed(digest)) yield layer
  }
}

type LayerPredicate = (digest: string) => boolean

/**
 * Whether an image of the repository names a layer: true for all if a manifest cannot be read, since it may name any.
 */
async function layersNamedIn(
  registry: Registry,
  repository: string,
  { store, blobs }: SweepRun,
): Promise<LayerPredicate> {
  const digests = new Set<string>()
  for await (const image of eachRecord(store.images, registry, keyOf(repository, ''))) {
    const contents = await imageContents(image, blobs)
    if (!contents) return () => true
    for (const { digest } of contents.blobs) digests.add(digest)
  }
  return (digest) => digests.has(digest)
}

async function removeUnreferenced(registry: Registry, layers: Layer[], run: SweepRun): Promise<void> {
  const candidates = await unpinned(layers, run)
  if (candidates.length === 0) return
  const markedLayers = await replaceLayers(registry, candidates, (layer) => ({ ...layer, condemned: true }), run)
  const isNamedIn = new Map<string, LayerPredicate>()
  for (const { repository } of markedLayers)
    if (!isNamedIn.has(repository)) isNamedIn.set(repository, await layersNamedIn(registry, repository, run))
  const stillUnpinned = new Set(await unpinned(markedLayers, run))
  const isGarbage = (layer: Layer) => stillUnpinned.has(layer) && !isNamedIn.get(layer.repository)?.(layer.digest)
  const required = markedLayers.filter((layer) => !isGarbage(layer))
  await replaceLayers(registry, required, withoutSweepMark, run)
  const removedLayers = await replaceLayers(registry, markedLayers.filter(isGarbage), () => undefined, run)
  const bytes = removedLayers.reduce((sum, { size }) => sum + size, 0)
  countRemoved(run, 'layer', removedLayers.length, bytes)
}

async function unpinned(layers: Layer[], { isPinned }: SweepRun): Promise<Layer[]> {
  const pinned = await Promise.all(layers.map(({ digest }) => isPinned(digest)))
  return layers.filter((_, index) => !pinned[index])
}

/**
 * Changes, or removes if `change` returns undefined, the layers whose records are still as they were read, in one
 * transaction. Returns those layers as they are now, and removed ones as they were.
 */
function replaceLayers(
  registry: Registry,
  layersRead: Layer[],
  change: (layer: Layer) => Layer | undefined,
  { store }: SweepRun,
): Promise<Layer[]> {
  return store.transact(registry, async ({ layers }) => {
    const keys = layersRead.map(({ repository, digest }) => keyOf(repository, digest))
    const current = await Promise.all(keys.map(async (key) => layers.get(registry, key)))
    const results: Layer[] = []
    for (const [index, layer] of layersRead.entries()) {
      const key = keys[index]
      if (key === undefined || JSON.stringify(current[index]) !== JSON.stringify(layer)) continue
      const replacement = change(layer)
      if (replacement) await layers.put(registry, key, replacement)
      else await layers.remove(registry, key)
      results.push(replacement ?? layer)
    }
    return results
  })
}
