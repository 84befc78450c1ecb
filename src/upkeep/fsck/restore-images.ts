import { type ImageNote, type NamedImage, noteName, readNote } from '../../registry/images/image-notes.js'
import { ServiceException } from '../../registry/errors.js'
import type { Descriptor } from '../../registry/images/image.js'
import { type Manifest, parseManifest } from '../../registry/images/manifest.js'
import type { BlobStore } from '../../registry/ports/blob-store.js'
import { restoreNotedTags } from '../../registry/images/tag-notes.js'
import { keyOf, type Store } from '../../registry/ports/store.js'
import { putImage } from '../../registry/images/image-registration.js'
import { newRepository } from '../../registry/repositories/repository.js'
import { mapInBatches } from '../../coordination/event-loop.js'
import type { Halves } from '../installation-label.js'

/** An image that is named beside the blobs and not in the store, with what can be told of it. */
export interface LostImage extends NamedImage {
  readonly note: ImageNote
}

/** What a lost image was; undefined where its note is gone or no note. */
export async function lostImage(image: NamedImage, blobs: BlobStore): Promise<LostImage | undefined> {
  const note = readNote((await blobs.notes.get(noteName(image))) ?? '')
  return note && { ...image, note }
}

/**
 * Records an image again from its note and its manifest: the repository with the service's defaults where it is gone too,
 * the layers whose bytes are here, and the tags nothing has got later. Answers what was done; undefined where its manifest
 * is not here, or a layer is not, or one it lists is not in the store.
 */
export async function restore(image: LostImage, halves: Halves): Promise<string | undefined> {
  const { registry, repository, digest, note } = image
  const { store, blobs } = halves
  const bytes = await blobs.read(digest)
  const manifest = bytes && parsed(bytes, note.mediaType)
  if (!bytes || !manifest || !(await hasMembers(image, manifest, store))) return undefined
  await store.repositories.insert(registry, repository, newRepository(repository, new Date(note.pushedAt)))
  const isWhole = note.pulledThrough ?? (await recordLayers(image, manifest, halves))
  if (!isWhole) return undefined
  const put = { repository, digest, manifest, manifestSize: bytes.length }
  const now = note.pushedAt
  try {
    await putImage(store, registry, { ...put, now, ...(note.pulledThrough && { pulledThrough: true }) })
  } catch (error) {
    if (error instanceof ServiceException) return undefined
    throw error
  }
  const refused = await restoreNotedTags(store, registry, put, note)
  return refused.length === 0 ? 'recorded again' : `recorded again, without its tags ${refused.join(', ')}`
}

const parsed = (bytes: Buffer, mediaType: string): Manifest | undefined => {
  try {
    return parseManifest(bytes, mediaType)
  } catch {
    return undefined
  }
}

/** An index comes after its images; one that is known through its upstream alone may lack some. */
async function hasMembers({ registry, repository, note }: LostImage, { manifests }: Manifest, store: Store) {
  if (note.pulledThrough && note.tags.every((tag) => note.cachedTags?.includes(tag))) return true
  const get = ({ digest }: Descriptor) => store.images.get(registry, keyOf(repository, digest))
  const found = await mapInBatches(manifests, get, 50)
  return found.every((member) => member !== undefined)
}

/** False where a pushed layer's bytes are gone, which no upstream has. */
async function recordLayers({ registry, repository }: LostImage, manifest: Manifest, { store, blobs }: Halves) {
  for (const { digest, mediaType } of manifest.blobs) {
    const size = await blobs.size(digest)
    if (size === undefined) return false
    await store.layers.insert(registry, keyOf(repository, digest), { repository, digest, size, mediaType })
  }
  return true
}
