import { parseManifest } from '../../registry/images/manifest.js'
import {
  imageNoted,
  imageNotes,
  nameImage,
  type NamedImage,
  noteName,
  readNote,
} from '../../registry/images/image-notes.js'
import { keyOf } from '../../registry/ports/store.js'
import type { Running } from './sweep-run.js'
import { eachRecord, shortOf, shortOfName, unhurried } from '../record-walk.js'

/**
 * Compares the images in the store with those named beside the blobs. An image without a note gets one: its process died
 * before writing it, or the note is older than notes are. A note without an image is one the store lost, an acknowledged
 * one: what it needs is added to `kept` until fsck has brought it back.
 */
export async function sweepNames(sweep: Running, images: Set<string>, kept: Set<string>): Promise<void> {
  for await (const name of unhurried(sweep.blobs.notes.list(imageNotes))) {
    sweep.goOn()
    if (images.delete(shortOfName(name))) continue
    const image = imageNoted(name)
    if (image && (await isLost(image, sweep))) await keepLost(image, kept, sweep)
  }
  if (images.size === 0) return
  for (const registry of await sweep.store.registries()) {
    for await (const { repository, digest } of eachRecord(sweep.store.images, registry)) {
      sweep.goOn()
      const image = { registry, repository, digest }
      if (images.has(shortOfName(noteName(image)))) await nameImage(sweep, image)
    }
  }
}

/** Whether `name` still is one of an image the store does not know: a note goes before its image does. */
export async function isLost(image: NamedImage, { store, blobs }: Pick<Running, 'store' | 'blobs'>): Promise<boolean> {
  const { registry, repository, digest } = image
  if (await store.images.get(registry, keyOf(repository, digest))) return false
  return (await blobs.notes.get(noteName(image))) !== undefined
}

async function keepLost(image: NamedImage, kept: Set<string>, { blobs, swept }: Running): Promise<void> {
  swept.lostImages++
  kept.add(shortOf(image.digest))
  const [bytes, text] = await Promise.all([blobs.read(image.digest), blobs.notes.get(noteName(image))])
  if (!bytes) return
  try {
    const manifest = parseManifest(bytes, readNote(text ?? '')?.mediaType)
    for (const { digest } of manifest.blobs) kept.add(shortOf(digest))
  } catch {
    // Not a manifest: there is nothing else to keep.
  }
}
