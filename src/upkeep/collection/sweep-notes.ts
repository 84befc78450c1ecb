import { parseManifest } from '../../registry/images/manifest.js'
import {
  parseImageNoteName,
  IMAGE_NOTES,
  syncImageNote,
  type ImageAddress,
  imageNoteName,
  parseImageNote,
} from '../../registry/images/image-notes.js'
import { keyOf } from '../../registry/ports/store.js'
import type { SweepRun } from './sweep-run.js'
import { eachRecord, compactDigest, compactName, withPauses } from '../record-walk.js'

/**
 * Compares the images in the store with those named beside the blobs. An image without a note gets one: its process died
 * before writing it, or the note is older than notes are. A note without an image is one the store lost, an acknowledged
 * one: what it needs is added to `kept` until fsck has brought it back.
 */
export async function sweepImageNotes(sweep: SweepRun, images: Set<string>, kept: Set<string>): Promise<void> {
  for await (const name of withPauses(sweep.blobs.notes.list(IMAGE_NOTES))) {
    sweep.checkpoint()
    if (images.delete(compactName(name))) continue
    const image = parseImageNoteName(name)
    if (image && (await isImageLost(image, sweep))) await retainLostImage(image, kept, sweep)
  }
  if (images.size === 0) return
  for (const registry of await sweep.store.registries()) {
    for await (const { repository, digest } of eachRecord(sweep.store.images, registry)) {
      sweep.checkpoint()
      const image = { registry, repository, digest }
      if (images.has(compactName(imageNoteName(image)))) await syncImageNote(sweep, image)
    }
  }
}

/** Whether `name` still is one of an image the store does not know: a note goes before its image does. */
export async function isImageLost(
  image: ImageAddress,
  { store, blobs }: Pick<SweepRun, 'store' | 'blobs'>,
): Promise<boolean> {
  const { registry, repository, digest } = image
  if (await store.images.get(registry, keyOf(repository, digest))) return false
  return (await blobs.notes.get(imageNoteName(image))) !== undefined
}

async function retainLostImage(
  image: ImageAddress,
  kept: Set<string>,
  { blobs, report: swept }: SweepRun,
): Promise<void> {
  swept.lostImages++
  kept.add(compactDigest(image.digest))
  const [bytes, text] = await Promise.all([blobs.read(image.digest), blobs.notes.get(imageNoteName(image))])
  if (!bytes) return
  try {
    const manifest = parseManifest(bytes, parseImageNote(text ?? '')?.mediaType)
    for (const { digest } of manifest.blobs) kept.add(compactDigest(digest))
  } catch {
    // Not a manifest: there is nothing else to keep.
  }
}
