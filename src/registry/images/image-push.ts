import { layersNotFound } from '../errors.js'
import type { Pins } from '../ports/pins.js'
import { nameImage, noteName, readNote } from './image-notes.js'
import { keepManifest } from './store-manifest.js'
import { distinct } from './image-contents.js'
import { layersWithoutBytes } from '../layers/layer-with-bytes.js'
import { restoreNotedTags } from './tag-notes.js'
import type { BlobStore } from '../ports/blob-store.js'
import type { Store } from '../ports/store.js'
import { type ImageQuotas, type NewImage, putImage, type PutOutcome } from './image-registration.js'
import type { Registry } from '../registry.js'

/** Where an image is put: its record, its bytes, and the word to the sweep. */
export interface ImageStorage {
  readonly store: Store
  readonly blobs: BlobStore
  readonly pins: Pins
  readonly quotas: ImageQuotas
}

/**
 * Records an image somebody pushes. Its layers must be here with their bytes: one that a cache rule is still bringing
 * may never come. Throws LayersNotFound, and what putImage throws.
 */
export async function pushImage(
  storage: ImageStorage,
  registry: Registry,
  image: Omit<NewImage, 'pulledThrough'>,
  bytes: Uint8Array,
): Promise<PutOutcome> {
  const { repository, manifest } = image
  const digests = distinct(manifest.blobs).map(({ digest }) => digest)
  const missing = await layersWithoutBytes(storage, registry, repository, digests)
  if (missing.length > 0) throw layersNotFound(missing, repository, registry.account)
  return recordImage(storage, registry, image, bytes)
}

/**
 * Puts an image whose manifest was kept beforehand, and sees to what must be so before anybody is told: that the bytes
 * have not gone before the record came, and that the image's names are beside them. A note that is there before the image
 * is one of an image the store has lost: what it had besides is given back, not overwritten. Throws what putImage throws.
 */
export async function recordImage(
  storage: ImageStorage,
  registry: Registry,
  image: NewImage,
  bytes: Uint8Array,
): Promise<PutOutcome> {
  const { store, blobs, pins, quotas } = storage
  const { repository, digest, manifest } = image
  const noted = await blobs.notes.get(noteName({ registry, repository, digest }))
  const outcome = await putImage(store, registry, image, quotas)
  await pins.pin([digest, ...manifest.blobs.map((blob) => blob.digest)])
  if ((await blobs.size(digest)) === undefined) await keepManifest(blobs, digest, bytes)
  const lost = outcome.isNew && noted !== undefined ? readNote(noted) : undefined
  if (lost) await restoreNotedTags(store, registry, image, lost)
  await nameImage(storage, { registry, repository, digest })
  for (const takenFrom of outcome.takenFrom) await nameImage(storage, { registry, repository, digest: takenFrom })
  return outcome
}
