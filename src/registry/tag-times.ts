import type { Image } from './image.js'

/** What tells since when an image has its tags: its record, or its note. */
type Timed = Pick<Image, 'pushedAt' | 'taggedAt'>

/**
 * Since when an image has a tag, in epoch milliseconds. Of two notes that claim one tag it tells the true one: a tag that
 * moves always gets a later time than it had, whatever the clocks say.
 */
export const taggedSince = ({ pushedAt, taggedAt }: Timed, tag: string): number =>
  taggedAt?.find(([name]) => name === tag)?.[1] ?? pushedAt

/** An image with one tag more; a tag set with the image itself needs no time of its own. */
export function withTag(image: Image, tag: string, at: number): Image {
  if (image.tags.includes(tag)) return image
  const { tags, taggedAt = [], ...rest } = withoutTags(image, [tag])
  const times: Image['taggedAt'] = at === image.pushedAt ? taggedAt : [...taggedAt, [tag, at]]
  return { ...rest, tags: [...tags, tag].sort(), ...(times.length > 0 && { taggedAt: times }) }
}

/** An image without some of its tags. */
export function withoutTags({ tags, taggedAt = [], ...rest }: Image, gone: readonly string[]): Image {
  const times = taggedAt.filter(([tag]) => !gone.includes(tag))
  return { ...rest, tags: tags.filter((tag) => !gone.includes(tag)), ...(times.length > 0 && { taggedAt: times }) }
}
