import type { Layer } from './image.js'
import type { BlobStore } from './ports/blob-store.js'
import { keyOf, type Records } from './ports/store.js'
import type { Registry } from './registry.js'

/** The layer of a repository whose bytes are here; the record of one that is being pulled through comes before them. */
export async function layerWithBytes(
  { store, blobs }: { readonly store: Pick<Records, 'layers'>; readonly blobs: Pick<BlobStore, 'size'> },
  registry: Registry,
  repository: string,
  digest: string,
): Promise<Layer | undefined> {
  const layer = await store.layers.get(registry, keyOf(repository, digest))
  return layer && (await blobs.size(digest)) !== undefined ? layer : undefined
}
