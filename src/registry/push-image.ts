import { layersNotFound } from './errors.js'
import { layerWithBytes } from './layer-with-bytes.js'
import type { BlobStore } from './ports/blob-store.js'
import type { Store } from './ports/store.js'
import { type NewImage, putImage, type PutOutcome } from './put-image.js'
import type { Registry } from './registry.js'

/**
 * Records an image somebody pushes. Its layers must be here with their bytes: one that a cache rule is still bringing
 * may never come. Throws LayersNotFound, and what putImage throws.
 */
export async function pushImage(
  storage: { readonly store: Store; readonly blobs: Pick<BlobStore, 'size'> },
  registry: Registry,
  image: Omit<NewImage, 'pulledThrough'>,
): Promise<PutOutcome> {
  const { repository, manifest } = image
  const digests = manifest.blobs.map(({ digest }) => digest)
  const found = await Promise.all(digests.map((digest) => layerWithBytes(storage, registry, repository, digest)))
  const missing = digests.filter((_, index) => !found[index])
  if (missing.length > 0) throw layersNotFound(missing, repository, registry.account)
  return putImage(storage.store, registry, image)
}
