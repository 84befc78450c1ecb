import type { Image } from './image.js'

/** The fields of an image's record or note that contain the times of its tags. */
type TagTimes = Pick<Image, 'pushedAt' | 'taggedAt'>

/**
 * When a tag was set on the image, in epoch milliseconds. A tag that is moved gets a later time than it had, whatever
 * the clocks say. If two notes contain the same tag, the later one is therefore right.
 */
export const tagTime = ({ pushedAt, taggedAt }: TagTimes, tag: string): number =>
  taggedAt?.find(([name]) => name === tag)?.[1] ?? pushedAt

/**
 * The image with further tags, and the times when they were set. A tag set when the image was pushed needs no entry.
 */
export function withTags(image: Image, times: ReadonlyMap<string, number>): Image {
  const existing = new Set(image.tags)
  const added = [...times].filter(([tag]) => !existing.has(tag))
  if (added.length === 0) return image
  const names = added.map(([tag]) => tag)
  const { tags, taggedAt = [], ...rest } = withoutTags(image, names)
  const allTimes = [...taggedAt, ...added.filter(([, at]) => at !== image.pushedAt)]
  return { ...rest, tags: [...tags, ...names].sort(), ...(allTimes.length > 0 && { taggedAt: allTimes }) }
}

/** The image without these tags. */
export function withoutTags({ tags, taggedAt = [], ...rest }: Image, tagsToRemove: readonly string[]): Image {
  const removedTags = new Set(tagsToRemove)
  const times = taggedAt.filter(([tag]) => !removedTags.has(tag))
  return { ...rest, tags: tags.filter((tag) => !removedTags.has(tag)), ...(times.length > 0 && { taggedAt: times }) }
}
