import type { Image } from './image.js'

/** What tells since when an image has its tags: its record, or its note. */
type Timed = Pick<Image, 'pushedAt' | 'taggedAt'>

/**
 * Since when an image has a tag, in epoch milliseconds. Of two notes that claim one tag it tells the true one: a tag that
 * moves always gets a later time than it had, whatever the clocks say.
 */
export const taggedSince = ({ pushedAt, taggedAt }: Timed, tag: string): number =>
  taggedAt?.find(([name]) => name === tag)?.[1] ?? pushedAt

/** An image with more tags, and since when it has them; a tag set with the image itself needs no time of its own. */
export function withTags(image: Image, times: ReadonlyMap<string, number>): Image {
  const had = new Set(image.tags)
  const added = [...times].filter(([tag]) => !had.has(tag))
  if (added.length === 0) return image
  const names = added.map(([tag]) => tag)
  const { tags, taggedAt = [], ...rest } = withoutTags(image, names)
  const allTimes = [...taggedAt, ...added.filter(([, at]) => at !== image.pushedAt)]
  return { ...rest, tags: [...tags, ...names].sort(), ...(allTimes.length > 0 && { taggedAt: allTimes }) }
}

/** An image without some of its tags. */
export function withoutTags({ tags, taggedAt = [], ...rest }: Image, gone: readonly string[]): Image {
  const isGone = new Set(gone)
  const times = taggedAt.filter(([tag]) => !isGone.has(tag))
  return { ...rest, tags: tags.filter((tag) => !isGone.has(tag)), ...(times.length > 0 && { taggedAt: times }) }
}
