import type { Image } from './image.js'
import type { WithNotes } from '../ports/blob-store.js'
import { keyOf, type Records } from '../ports/store.js'
import type { Registry } from '../registry.js'

/** Where images are recorded, and where their notes are. */
interface NoteStorage {
  readonly store: Pick<Records, 'images' | 'tags'>
  readonly blobs: WithNotes
}

/** Identifies an image in the installation. */
export interface ImageAddress {
  readonly registry: Registry
  readonly repository: string
  readonly digest: string
}

/** The data of an image that would be lost with the store, because its manifest does not contain it. */
export interface ImageNote {
  readonly mediaType: string
  readonly pushedAt: number
  readonly tags: readonly string[]
  /** As `Image.taggedAt`. */
  readonly taggedAt?: [tag: string, at: number][]
  readonly pulledThrough?: true
  /** As `Image.mayLackLayers`. */
  readonly mayLackLayers?: true
  /** As `Image.archive`. */
  readonly archive?: NonNullable<Image['archive']>
  /** Those of the tags that came from the upstream and are checked there. */
  readonly cachedTags?: readonly string[]
}

/** The first segment of the names of all image notes. */
export const IMAGE_NOTES = 'images'

/**
 * Makes the note of an image match its record: writes it, or removes it if there is no such image. Repeats this if the
 * record changed meanwhile, so that of several writers the last one leaves the true note. Called before a push or an
 * import is acknowledged, so that `fsck --repair` can restore every acknowledged image if the store is lost.
 */
export async function syncImageNote(storage: NoteStorage, image: ImageAddress): Promise<void> {
  const { notes } = storage.blobs
  const name = imageNoteName(image)
  let text = await currentNoteText(storage.store, image)
  for (;;) {
    if (text === undefined) await notes.remove(name)
    else if ((await notes.get(name)) !== text) await notes.put(name, text)
    const current = await currentNoteText(storage.store, image)
    if (current === text) return
    text = current
  }
}

/**
 * Writes the note of an image that is about to be recorded, so that a tag that is being deleted cannot come back,
 * whatever fails later. `syncImageNote`, called afterwards, corrects the note if the record was not written.
 */
export async function writeImageNoteFirst(
  { store, blobs: { notes } }: NoteStorage,
  registry: Registry,
  image: Image,
): Promise<void> {
  await notes.put(imageNoteName({ registry, ...image }), JSON.stringify(await imageNoteOf(store, registry, image)))
}

/**
 * Removes a note before its image is deleted. A note without an image then always stands for an image that the store
 * has lost, never for a deleted one.
 */
export const removeImageNote = ({ blobs }: Pick<NoteStorage, 'blobs'>, image: ImageAddress): Promise<void> =>
  blobs.notes.remove(imageNoteName(image))

/** Removes the remaining notes of a deleted repository's images; an image that was pushed again keeps its note. */
export async function syncRepositoryNotes(storage: NoteStorage, registry: Registry, repository: string): Promise<void> {
  const { account, region } = registry
  for await (const name of storage.blobs.notes.list([IMAGE_NOTES, account, region, repository].join('/'))) {
    const image = parseImageNoteName(name)
    // The notes of the repository `a/b` are listed under `a` too.
    if (image?.repository === repository) await syncImageNote(storage, image)
  }
}

/** The image that a note belongs to; undefined if the name is not one of an image note. */
export function parseImageNoteName(name: string): ImageAddress | undefined {
  const [kind, account, region, ...rest] = name.split('/')
  const digest = rest.pop()
  if (kind !== IMAGE_NOTES || account === undefined || region === undefined || digest === undefined) return undefined
  return rest.length === 0 ? undefined : { registry: { account, region }, repository: rest.join('/'), digest }
}

/** Parses the text of a note; undefined if it is not one. */
export function parseImageNote(text: string): ImageNote | undefined {
  try {
    const note = JSON.parse(text) as ImageNote
    return Array.isArray(note.tags) && typeof note.mediaType === 'string' ? note : undefined
  } catch {
    return undefined
  }
}

/** The name of an image's note. */
export const imageNoteName = ({ registry: { account, region }, repository, digest }: ImageAddress) =>
  [IMAGE_NOTES, account, region, repository, digest].join('/')

async function currentNoteText(store: NoteStorage['store'], { registry, repository, digest }: ImageAddress) {
  const image = await store.images.get(registry, keyOf(repository, digest))
  return image && JSON.stringify(await imageNoteOf(store, registry, image))
}

async function imageNoteOf(store: NoteStorage['store'], registry: Registry, image: Image): Promise<ImageNote> {
  const { repository, mediaType, pushedAt, tags, taggedAt, pulledThrough, mayLackLayers, archive } = image
  const note = {
    mediaType,
    pushedAt,
    tags,
    ...(taggedAt && { taggedAt }),
    ...(mayLackLayers && { mayLackLayers }),
    ...(archive && { archive }),
  }
  if (!pulledThrough) return note
  const records = await Promise.all(tags.map(async (tag) => store.tags.get(registry, keyOf(repository, tag))))
  return { ...note, pulledThrough, cachedTags: tags.filter((_, index) => records[index]?.upstream) }
}
