import { parseManifest } from '../../registry/images/manifest.js'
import {
  IMAGE_NOTES,
  type ImageAddress,
  imageNoteName,
  parseImageNote,
  parseImageNoteName,
  syncImageNote,
} from '../../registry/images/image-notes.js'
import { keyOf } from '../../registry/ports/store.js'
import type { SweepRun } from './sweep-run.js'
import { eachRecord, compactDigest, compactName, withPauses } from '../record-walk.js'

/**
 * Compares the images in the store (`imageNotes`: the compact names of their notes) with the notes beside the blobs. An
 * image without a note gets one: its process died before writing it, or a version without notes recorded the image. A
 * note without an image stands for an acknowledged image that the store has lost: what it needs is added to `required`,
 * so that fsck can restore it.
 */
export async function sweepImageNotes(run: SweepRun, imageNotes: Set<string>, required: Set<string>): Promise<void> {
  for await (const name of withPauses(run.blobs.notes.list(IMAGE_NOTES))) {
    run.checkpoint()
    if (imageNotes.delete(compactName(name))) continue
    const image = parseImageNoteName(name)
    if (image && (await isImageLost(image, run))) await retainLostImage(image, required, run)
  }
  if (imageNotes.size === 0) return
  for (const registry of await run.store.registries()) {
    for await (const { repository, digest } of eachRecord(run.store.images, registry)) {
      run.checkpoint()
      const image = { registry, repository, digest }
      if (imageNotes.has(compactName(imageNoteName(image)))) await syncImageNote(run, image)
    }
  }
}

/**
 * Whether an image has a note but no record. The note is read after the record, because a deletion removes the note
 * first: an image that is being deleted at this moment is not lost.
 */
export async function isImageLost(
  image: ImageAddress,
  { store, blobs }: Pick<SweepRun, 'store' | 'blobs'>,
): Promise<boolean> {
  const { registry, repository, digest } = image
  if (await store.images.get(registry, keyOf(repository, digest))) return false
  return (await blobs.notes.get(imageNoteName(image))) !== undefined
}

async function retainLostImage(image: ImageAddress, required: Set<string>, { blobs, report }: SweepRun): Promise<void> {
  report.lostImages++
  required.add(compactDigest(image.digest))
  const [bytes, text] = await Promise.all([blobs.read(image.digest), blobs.notes.get(imageNoteName(image))])
  if (!bytes) return
  try {
    const manifest = parseManifest(bytes, parseImageNote(text ?? '')?.mediaType)
    for (const { digest } of manifest.blobs) required.add(compactDigest(digest))
  } catch {
    // Not a manifest: it lists nothing.
  }
}
