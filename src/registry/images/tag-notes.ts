import { ServiceException } from '../errors.js'
import type { ImageNote } from './image-notes.js'
import { keyOf, type Store } from '../ports/store.js'
import { type NewImage, putImage } from './image-registration.js'
import type { Registry } from '../registry.js'
import { yieldToEventLoop } from '../../coordination/event-loop.js'
import { taggedSince } from './tag-times.js'

/**
 * Gives an image the store had lost the tags its note tells of: those nothing has, and those it got later than what has
 * them now. Answers the tags that were refused, because their repository is against it.
 */
export async function restoreNotedTags(
  store: Store,
  registry: Registry,
  image: Omit<NewImage, 'tag' | 'now' | 'pulledThrough'>,
  note: ImageNote,
): Promise<string[]> {
  const { repository, digest } = image
  const refused: string[] = []
  for (const tag of note.tags) {
    await yieldToEventLoop()
    const now = taggedSince(note, tag)
    const taken = await store.tags.get(registry, keyOf(repository, tag))
    const holder = taken && (await store.images.get(registry, keyOf(repository, taken.digest)))
    if (taken?.digest === digest || (holder && taggedSince(holder, tag) >= now)) continue
    const isCached = note.cachedTags?.includes(tag) ?? false
    try {
      await putImage(store, registry, { ...image, tag, now, ...(isCached && { pulledThrough: true }) })
    } catch (error) {
      if (!(error instanceof ServiceException) || error.code === 'ServerException') throw error
      refused.push(tag)
    }
  }
  return refused
}
