import type { Layer } from '../../registry/images/image.js'
import { contentsOf } from '../../registry/images/image-contents.js'
import { relied } from '../../registry/layers/layer-with-bytes.js'
import { keyOf } from '../../registry/ports/store.js'
import type { Registry } from '../../registry/registry.js'
import { counted, type Running } from './sweep-run.js'
import { eachRecord, inGroups } from '../record-walk.js'

/** Layers looked after in one write. */
const TOGETHER = 500

/**
 * Removes the records of layers that no image of their repository names and nobody relies on. A layer is marked first;
 * then images and pins are looked at again; then the record goes if it still bears the mark. Whoever relied on it
 * before the mark is seen by the second look, whoever does later takes the mark off.
 */
export async function sweepLayers(sweep: Running): Promise<void> {
  for (const registry of await sweep.store.registries()) {
    for await (const group of inGroups(unneeded(registry, sweep), TOGETHER))
      await removeUnneeded(registry, group, sweep)
  }
}

/** Layers come sorted by repository: the images of one repository are held in memory at a time. */
async function* unneeded(registry: Registry, sweep: Running): AsyncGenerator<Layer, void> {
  let [of, isNamed]: [string | undefined, IsNamed] = [undefined, () => true]
  for await (const layer of eachRecord(sweep.store.layers, registry)) {
    sweep.goOn()
    const { repository, digest } = layer
    if (repository !== of) [of, isNamed] = [repository, await namedIn(registry, repository, sweep)]
    if (!isNamed(digest)) yield layer
  }
}

type IsNamed = (digest: string) => boolean

/** Whether an image of the repository names a layer: where an image's manifest cannot be read it may name any. */
async function namedIn(registry: Registry, repository: string, { store, blobs }: Running): Promise<IsNamed> {
  const named = new Set<string>()
  for await (const image of eachRecord(store.images, registry, keyOf(repository, ''))) {
    const contents = await contentsOf(image, blobs)
    if (!contents) return () => true
    for (const { digest } of contents.blobs) named.add(digest)
  }
  return (digest) => named.has(digest)
}

async function removeUnneeded(registry: Registry, layers: Layer[], sweep: Running): Promise<void> {
  const untouched = await notTouched(layers, sweep)
  if (untouched.length === 0) return
  const marked = await replace(registry, untouched, (layer) => ({ ...layer, condemned: true }), sweep)
  const needed = new Map<string, IsNamed>()
  for (const { repository } of marked)
    if (!needed.has(repository)) needed.set(repository, await namedIn(registry, repository, sweep))
  const untouchedStill = new Set(await notTouched(marked, sweep))
  const mayGo = (layer: Layer) => untouchedStill.has(layer) && !needed.get(layer.repository)?.(layer.digest)
  await replace(
    registry,
    marked.filter((layer) => !mayGo(layer)),
    relied,
    sweep,
  )
  const removed = await replace(registry, marked.filter(mayGo), () => undefined, sweep)
  counted(
    sweep,
    'layer',
    removed.length,
    removed.reduce((sum, { size }) => sum + size, 0),
  )
}

async function notTouched(layers: Layer[], { isPinned }: Running): Promise<Layer[]> {
  const pinned = await Promise.all(layers.map(({ digest }) => isPinned(digest)))
  return layers.filter((_, index) => !pinned[index])
}

/** Changes or removes those that are as they were seen, in one write; answers what became of them. */
function replace(
  registry: Registry,
  seen: Layer[],
  change: (layer: Layer) => Layer | undefined,
  { store }: Running,
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
