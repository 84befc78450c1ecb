import type { Image } from './image.js'
import type { BlobStore } from '../ports/blob-store.js'
import { keyOf, type Records } from '../ports/store.js'
import type { Registry } from '../registry.js'

/** Where an image's names are, in the store and beside the blobs. */
export interface NoteStorage {
  readonly store: Pick<Records, 'images' | 'tags'>
  readonly blobs: Pick<BlobStore, 'notes'>
}

/** Which image is meant. */
export interface ImageAddress {
  readonly registry: Registry
  readonly repository: string
  readonly digest: string
}

/** What cannot be read off a manifest and would be lost with the store. */
export interface ImageNote {
  readonly mediaType: string
  readonly pushedAt: number
  readonly tags: readonly string[]
  /** As in the image's record. */
  readonly taggedAt?: [tag: string, at: number][]
  readonly pulledThrough?: true
  /** Of the tags, those the upstream gave: they are checked there. */
  readonly cachedTags?: readonly string[]
}

/** Under which all notes of images are. */
export const IMAGE_NOTES = 'images'

/**
 * Writes down an image's names beside its bytes, or removes the note of one that is gone, and does so again where the
 * record changed meanwhile: of many writers the last one leaves what is true. Called before a push or an import is
 * acknowledged, so that `fsck --repair` finds every acknowledged image again when the store was lost.
 */
export async function syncImageNote(storage: NoteStorage, image: ImageAddress): Promise<void> {
  const { notes } = storage.blobs
  const name = imageNoteName(image)
  let text = await currentNoteText(storage.store, image)
  for (
    let written: string | undefined | null = null;
    written !== text;
    text = await currentNoteText(storage.store, image)
  ) {
    written = text
    if (text === undefined) await notes.remove(name)
    else if ((await notes.get(name)) !== text) await notes.put(name, text)
  }
}

/**
 * Writes down what an image is about to be, before its record says so: a tag that is being deleted does not come back,
 * whatever fails later. nameImage, called afterwards, puts right what came to nothing.
 */
export async function writeImageNoteFirst(
  { store, blobs: { notes } }: NoteStorage,
  registry: Registry,
  image: Image,
): Promise<void> {
  await notes.put(imageNoteName({ registry, ...image }), JSON.stringify(await imageNoteOf(store, registry, image)))
}

/** Removes a note before its image goes: a note without an image is then always an image that was lost, never one deleted. */
export const removeImageNote = ({ blobs }: Pick<NoteStorage, 'blobs'>, image: ImageAddress): Promise<void> =>
  blobs.notes.remove(imageNoteName(image))

/** Removes what notes are left of the images of a repository that is gone; one that was pushed anew keeps its own. */
export async function syncRepositoryNotes(storage: NoteStorage, registry: Registry, repository: string): Promise<void> {
  const { account, region } = registry
  for await (const name of storage.blobs.notes.list([IMAGE_NOTES, account, region, repository].join('/'))) {
    const image = parseImageNoteName(name)
    // Those of `a/b` are under `a` as well.
    if (image?.repository === repository) await syncImageNote(storage, image)
  }
}

/** Which image a note is of; undefined for what is none of ours. */
export function parseImageNoteName(name: string): ImageAddress | undefined {
  const [kind, account, region, ...rest] = name.split('/')
  const digest = rest.pop()
  if (kind !== IMAGE_NOTES || account === undefined || region === undefined || digest === undefined) return undefined
  return rest.length === 0 ? undefined : { registry: { account, region }, repository: rest.join('/'), digest }
}

/** Reads a note; undefined for a text that is none. */
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
  const { repository, mediaType, pushedAt, tags, taggedAt, pulledThrough } = image
  const note = { mediaType, pushedAt, tags, ...(taggedAt && { taggedAt }) }
  if (!pulledThrough) return note
  const records = await Promise.all(tags.map((tag) => store.tags.get(registry, keyOf(repository, tag))))
  return { ...note, pulledThrough, cachedTags: tags.filter((_, index) => records[index]?.upstream) }
}
