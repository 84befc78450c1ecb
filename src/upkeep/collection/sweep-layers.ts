import type { Layer } from '../../registry/images/image.js'
import { imageContents } from '../../registry/images/image-contents.js'
import { withoutSweepMark } from '../../registry/layers/layer-with-bytes.js'
import { keyOf } from '../../registry/ports/store.js'
import type { Registry } from '../../registry/registry.js'
import { countRemoved, type SweepRun } from './sweep-run.js'
import { eachRecord, inBatches } from '../record-walk.js'

/** Layers looked after in one write. */
const TOGETHER = 500

/**
 * Removes the records of layers that no image of their repository names and nobody relies on. A layer is marked first;
 * then images and pins are looked at again; then the record goes if it still bears the mark. Whoever relied on it
 * before the mark is seen by the second look, whoever does later takes the mark off.
 */
export async function sweepLayers(sweep: SweepRun): Promise<void> {
  for (const registry of await sweep.store.registries()) {
    for await (const group of inBatches(unreferencedLayers(registry, sweep), TOGETHER))
      await removeUnreferenced(registry, group, sweep)
  }
}

/** Layers come sorted by repository: the images of one repository are held in memory at a time. */
async function* unreferencedLayers(registry: Registry, sweep: SweepRun): AsyncGenerator<Layer, void> {
  let [of, isNamed]: [string | undefined, IsNamed] = [undefined, () => true]
  for await (const layer of eachRecord(sweep.store.layers, registry)) {
    sweep.checkpoint()
    const { repository, digest } = layer
    if (repository !== of) [of, isNamed] = [repository, await layersNamedIn(registry, repository, sweep)]
    if (!isNamed(digest)) yield layer
  }
}

type IsNamed = (digest: string) => boolean

/** Whether an image of the repository names a layer: where an image's manifest cannot be read it may name any. */
async function layersNamedIn(registry: Registry, repository: string, { store, blobs }: SweepRun): Promise<IsNamed> {
  const named = new Set<string>()
  for await (const image of eachRecord(store.images, registry, keyOf(repository, ''))) {
    const contents = await imageContents(image, blobs)
    if (!contents) return () => true
    for (const { digest } of contents.blobs) named.add(digest)
  }
  return (digest) => named.has(digest)
}

async function removeUnreferenced(registry: Registry, layers: Layer[], sweep: SweepRun): Promise<void> {
  const untouched = await unpinned(layers, sweep)
  if (untouched.length === 0) return
  const marked = await replaceLayers(registry, untouched, (layer) => ({ ...layer, condemned: true }), sweep)
  const needed = new Map<string, IsNamed>()
  for (const { repository } of marked)
    if (!needed.has(repository)) needed.set(repository, await layersNamedIn(registry, repository, sweep))
  const untouchedStill = new Set(await unpinned(marked, sweep))
  const mayGo = (layer: Layer) => untouchedStill.has(layer) && !needed.get(layer.repository)?.(layer.digest)
  await replaceLayers(
    registry,
    marked.filter((layer) => !mayGo(layer)),
    withoutSweepMark,
    sweep,
  )
  const removed = await replaceLayers(registry, marked.filter(mayGo), () => undefined, sweep)
  countRemoved(
    sweep,
    'layer',
    removed.length,
    removed.reduce((sum, { size }) => sum + size, 0),
  )
}

async function unpinned(layers: Layer[], { isPinned }: SweepRun): Promise<Layer[]> {
  const pinned = await Promise.all(layers.map(({ digest }) => isPinned(digest)))
  return layers.filter((_, index) => !pinned[index])
}

/** Changes or removes those that are as they were seen, in one write; answers what became of them. */
function replaceLayers(
  registry: Registry,
  seen: Layer[],
  change: (layer: Layer) => Layer | undefined,
  { store }: SweepRun,
): Promise<Layer[]> {
  return store.transact(registry, async ({ layers }) => {
    const keys = seen.map(({ repository, digest }) => keyOf(repository, digest))
    const now = await Promise.all(keys.map((key) => layers.get(registry, key)))
    const changed: Layer[] = []
    for (const [index, layer] of seen.entries()) {
      const key = keys[index]
      if (key === undefined || JSON.stringify(now[index]) !== JSON.stringify(layer)) continue
      const next = change(layer)
      if (next) await layers.put(registry, key, next)
      else await layers.remove(registry, key)
      changed.push(next ?? layer)
    }
    return changed
  })
}
