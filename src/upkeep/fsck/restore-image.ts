import { type ImageNote, type ImageAddress, imageNoteName, parseImageNote } from '../../registry/images/image-notes.js'
import { ServiceException } from '../../registry/errors.js'
import type { Descriptor } from '../../registry/images/image.js'
import { type Manifest, parseManifest } from '../../registry/images/manifest.js'
import type { WithNotes } from '../../registry/ports/blob-store.js'
import { restoreTags } from '../../registry/images/restore-tags.js'
import { keyOf, type Store } from '../../registry/ports/store.js'
import { putImage } from '../../registry/images/image-registration.js'
import { newRepository } from '../../registry/repositories/repository.js'
import { mapInBatches } from '../../coordination/event-loop.js'
import type { InstallationStorage } from '../installation-label.js'

/** An image that has a note beside the blobs and no record in the store. */
export interface LostImage extends ImageAddress {
  readonly note: ImageNote
}

/** A lost image with its note; undefined if the note is gone or cannot be read. */
export async function readLostImage(image: ImageAddress, blobs: WithNotes): Promise<LostImage | undefined> {
  const note = parseImageNote((await blobs.notes.get(imageNoteName(image))) ?? '')
  return note && { ...image, note }
}

/**
 * Records an image again from its note and its manifest: its repository, with the service's defaults, if that is gone
 * too; the layers whose bytes are here; and the tags that were not moved to another image since. Returns what was done;
 * undefined if the manifest or a layer is missing, or if the image lists one that is not in the store.
 */
export async function restoreImage(image: LostImage, storage: InstallationStorage): Promise<string | undefined> {
  const { registry, repository, digest, note } = image
  const { store, blobs } = storage
  const bytes = await blobs.read(digest)
  const manifest = bytes && parseOrUndefined(bytes, note.mediaType)
  if (!bytes || !manifest || !(await hasMembers(image, manifest, store))) return undefined
  await store.repositories.insert(registry, repository, newRepository(repository, new Date(note.pushedAt)))
  const hasLayers = note.pulledThrough ?? (await recordLayers(image, manifest, storage))
  if (!hasLayers) return undefined
  const newImage = {
    repository,
    digest,
    manifest,
    manifestSize: bytes.length,
    ...(note.mayLackLayers && { mayLackLayers: note.mayLackLayers }),
    ...(note.archive && { archive: note.archive }),
  }
  const now = note.pushedAt
  try {
    await putImage(store, registry, { ...newImage, now, ...(note.pulledThrough && { pulledThrough: true }) })
  } catch (error) {
    if (error instanceof ServiceException) return undefined
    throw error
  }
  const refusedTags = await restoreTags(store, registry, newImage, note)
  return refusedTags.length === 0 ? 'recorded again' : `recorded again, without its tags ${refusedTags.join(', ')}`
}

const parseOrUndefined = (bytes: Buffer, mediaType: string): Manifest | undefined => {
  try {
    return parseManifest(bytes, mediaType)
  } catch {
    return undefined
  }
}

/** The most members of an index that are read together: an image with all its tags is a large record. */
const MEMBERS_PER_BATCH = 50

/** Whether the images that an index lists are in the store. An index known only through its upstream may lack some. */
async function hasMembers({ registry, repository, note }: LostImage, { manifests }: Manifest, store: Store) {
  if (note.pulledThrough && note.tags.every((tag) => note.cachedTags?.includes(tag))) return true
  const get = ({ digest }: Descriptor) => store.images.get(registry, keyOf(repository, digest))
  const members = await mapInBatches(manifests, get, MEMBERS_PER_BATCH)
  return members.every((member) => member !== undefined)
}

/**
 * Records the layers of a pushed image. Returns false if the bytes of one are missing, because no upstream has them,
 * unless the image may lack layers.
 */
async function recordLayers(
  { registry, repository, note }: LostImage,
  manifest: Manifest,
  { store, blobs }: InstallationStorage,
) {
  for (const { digest, mediaType } of manifest.blobs) {
    const size = await blobs.size(digest)
    if (size === undefined && !note.mayLackLayers) return false
    if (size === undefined) continue
    await store.layers.insert(registry, keyOf(repository, digest), { repository, digest, size, mediaType })
  }
  return true
}
