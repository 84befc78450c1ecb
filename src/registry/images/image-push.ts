import { layersNotFound } from '../errors.js'
import type { Pins } from '../ports/pins.js'
import { syncImageNote, imageNoteName, parseImageNote } from './image-notes.js'
import { storeManifest } from './store-manifest.js'
import { distinctDescriptors } from './image-contents.js'
import { layersWithoutBytes } from '../layers/layer-with-bytes.js'
import { restoreTags } from './restore-tags.js'
import type { Blobs, Uploads, WithNotes } from '../ports/blob-store.js'
import type { Store } from '../ports/store.js'
import { type ImageQuotas, type NewImage, putImage, type PutOutcome } from './image-registration.js'
import type { Registry } from '../registry.js'

/** The storage that recording an image needs. */
export interface ImageStorage {
  readonly store: Store
  readonly blobs: Blobs & Uploads & WithNotes
  readonly pins: Pins
  readonly quotas: ImageQuotas
}

/**
 * Records a pushed image. The bytes of its layers must be here, unless it may lack layers: those of a layer that is
 * still being pulled through may never arrive. Throws LayersNotFound, and what `putImage` throws.
 */
export async function pushImage(
  storage: ImageStorage,
  registry: Registry,
  image: Omit<NewImage, 'pulledThrough'>,
  bytes: Uint8Array,
): Promise<PutOutcome> {
  const { repository, manifest, mayLackLayers } = image
  const needed = mayLackLayers ? [] : distinctDescriptors(manifest.blobs)
  const digests = needed.map(({ digest }) => digest)
  const missing = await layersWithoutBytes(storage, registry, repository, digests)
  if (missing.length > 0) throw layersNotFound(missing, repository, registry.account)
  return recordImage(storage, registry, image, bytes)
}

/**
 * Records an image whose manifest is stored already. Before it returns, and the image can be acknowledged, it makes
 * sure that the bytes were not removed before the record was written, and that the image has its note. If there was a
 * note before the record, the store had lost the image: the tags of that note are restored instead of being
 * overwritten, and an image that was archived stays so unless it is pushed. `onRecorded` is called as soon as the
 * record is durable: what only needs the record need not wait for the note. Throws what `putImage` throws.
 */
export async function recordImage(
  storage: ImageStorage,
  registry: Registry,
  image: NewImage,
  bytes: Uint8Array,
  onRecorded: (outcome: PutOutcome) => void = () => {},
): Promise<PutOutcome> {
  const { store, blobs, pins, quotas } = storage
  const { repository, digest, manifest } = image
  const noteText = await blobs.notes.get(imageNoteName({ registry, repository, digest }))
  const note = noteText === undefined ? undefined : parseImageNote(noteText)
  const archive = image.pulledThrough && note?.archive
  const outcome = await putImage(store, registry, { ...image, ...(archive && { archive }) }, quotas)
  onRecorded(outcome)
  await pins.pin([digest, ...manifest.blobs.map((blob) => blob.digest)])
  if ((await blobs.size(digest)) === undefined) await storeManifest(blobs, digest, bytes)
  if (outcome.isNew && note) await restoreTags(store, registry, image, note)
  await syncImageNote(storage, { registry, repository, digest })
  for (const previousHolder of outcome.previousHolders)
    await syncImageNote(storage, { registry, repository, digest: previousHolder })
  return outcome
}
