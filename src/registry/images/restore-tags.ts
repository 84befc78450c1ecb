import { ServiceException } from '../errors.js'
import type { ImageNote } from './image-notes.js'
import { keyOf, type Store } from '../ports/store.js'
import { type NewImage, putImage } from './image-registration.js'
import type { Registry } from '../registry.js'
import { yieldToEventLoop } from '../../coordination/event-loop.js'
import { tagTime } from './tag-times.js'

/**
 * Restores the tags of an image that the store had lost, from its note: those that no image has, and those that were
 * set on it later than on the image that has them now. Returns the tags that could not be set, because the repository
 * or a quota forbids it.
 */
export async function restoreTags(
  store: Store,
  registry: Registry,
  image: Omit<NewImage, 'tag' | 'now' | 'pulledThrough'>,
  note: ImageNote,
): Promise<string[]> {
  const { repository, digest } = image
  const refusedTags: string[] = []
  for (const tag of note.tags) {
    await yieldToEventLoop()
    const now = tagTime(note, tag)
    const record = await store.tags.get(registry, keyOf(repository, tag))
    const holder = record && (await store.images.get(registry, keyOf(repository, record.digest)))
    if (record?.digest === digest || (holder && tagTime(holder, tag) >= now)) continue
    const isCached = note.cachedTags?.includes(tag) ?? false
    try {
      await putImage(store, registry, { ...image, tag, now, ...(isCached && { pulledThrough: true }) })
    } catch (error) {
      if (!(error instanceof ServiceException) || error.code === 'ServerException') throw error
      refusedTags.push(tag)
    }
  }
  return refusedTags
}
