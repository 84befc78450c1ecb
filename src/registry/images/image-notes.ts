import type { Image } from './image.js'
import type { BlobStore } from '../ports/blob-store.js'
import { keyOf, type Records } from '../ports/store.js'
import type { Registry } from '../registry.js'

/** Where an image's names are, in the store and beside the blobs. */
export interface NameStorage {
  readonly store: Pick<Records, 'images' | 'tags'>
  readonly blobs: Pick<BlobStore, 'notes'>
}

/** Which image is meant. */
export interface NamedImage {
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
export const imageNotes = 'images'

/**
 * Writes down an image's names beside its bytes, or removes the note of one that is gone, and does so again where the
 * record changed meanwhile: of many writers the last one leaves what is true. Called before a push or an import is
 * acknowledged, so that `fsck --repair` finds every acknowledged image again when the store was lost.
 */
export async function nameImage(storage: NameStorage, image: NamedImage): Promise<void> {
  const { notes } = storage.blobs
  const name = noteName(image)
  let text = await noteText(storage.store, image)
  for (let written: string | undefined | null = null; written !== text; text = await noteText(storage.store, image)) {
    written = text
    if (text === undefined) await notes.remove(name)
    else if ((await notes.get(name)) !== text) await notes.put(name, text)
  }
}

/**
 * Writes down what an image is about to be, before its record says so: a tag that is being deleted does not come back,
 * whatever fails later. nameImage, called afterwards, puts right what came to nothing.
 */
export async function foretellNames(
  { store, blobs: { notes } }: NameStorage,
  registry: Registry,
  image: Image,
): Promise<void> {
  await notes.put(noteName({ registry, ...image }), JSON.stringify(await noteOf(store, registry, image)))
}

/** Removes a note before its image goes: a note without an image is then always an image that was lost, never one deleted. */
export const forgetName = ({ blobs }: Pick<NameStorage, 'blobs'>, image: NamedImage): Promise<void> =>
  blobs.notes.remove(noteName(image))

/** Removes what notes are left of the images of a repository that is gone; one that was pushed anew keeps its own. */
export async function settleNames(storage: NameStorage, registry: Registry, repository: string): Promise<void> {
  const { account, region } = registry
  for await (const name of storage.blobs.notes.list([imageNotes, account, region, repository].join('/'))) {
    const image = imageNoted(name)
    // Those of `a/b` are under `a` as well.
    if (image?.repository === repository) await nameImage(storage, image)
  }
}

/** Which image a note is of; undefined for what is none of ours. */
export function imageNoted(name: string): NamedImage | undefined {
  const [kind, account, region, ...rest] = name.split('/')
  const digest = rest.pop()
  if (kind !== imageNotes || account === undefined || region === undefined || digest === undefined) return undefined
  return rest.length === 0 ? undefined : { registry: { account, region }, repository: rest.join('/'), digest }
}

/** Reads a note; undefined for a text that is none. */
export function readNote(text: string): ImageNote | undefined {
  try {
    const note = JSON.parse(text) as ImageNote
    return Array.isArray(note.tags) && typeof note.mediaType === 'string' ? note : undefined
  } catch {
    return undefined
  }
}

/** The name of an image's note. */
export const noteName = ({ registry: { account, region }, repository, digest }: NamedImage) =>
  [imageNotes, account, region, repository, digest].join('/')

async function noteText(store: NameStorage['store'], { registry, repository, digest }: NamedImage) {
  const image = await store.images.get(registry, keyOf(repository, digest))
  return image && JSON.stringify(await noteOf(store, registry, image))
}

async function noteOf(store: NameStorage['store'], registry: Registry, image: Image): Promise<ImageNote> {
  const { repository, mediaType, pushedAt, tags, taggedAt, pulledThrough } = image
  const note = { mediaType, pushedAt, tags, ...(taggedAt && { taggedAt }) }
  if (!pulledThrough) return note
  const records = await Promise.all(tags.map((tag) => store.tags.get(registry, keyOf(repository, tag))))
  return { ...note, pulledThrough, cachedTags: tags.filter((_, index) => records[index]?.upstream) }
}
