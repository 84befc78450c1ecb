import type { Image } from '../images/image.js'
import { type ImageStatus, imageStatus, lastActivatedAt } from '../images/storage-class.js'
import { MINIMUM_DAYS_IN_ARCHIVE } from './accept-lifecycle-policy.js'
import { classOf, type LifecycleRule } from './lifecycle-rule.js'
import { wildcardMatcher } from '../wildcards.js'

/** What the evaluation of a lifecycle policy considers of an image. */
export type LifecycleImage = Pick<Image, 'digest' | 'tags' | 'pushedAt' | 'lastPulledAt' | 'archive' | 'subject'>

const DAY_MS = 24 * 60 * 60 * 1000

/** Selects images by their status and tags. */
export type Selector = (status: ImageStatus, tags: readonly string[]) => boolean

/**
 * The images that a rule selects, prepared for many images. An image that is being restored is in neither storage class
 * until it is ACTIVE.
 */
export function selectorOf(rule: LifecycleRule): Selector {
  const selected = classOf(rule) === 'archive' ? 'ARCHIVED' : 'ACTIVE'
  const matches = tagSelector(rule)
  return (status, tags) => status === selected && matches(tags)
}

function tagSelector({ selection }: LifecycleRule): (tags: readonly string[]) => boolean {
  const { tagStatus, tagPatternList, tagPrefixList = [] } = selection
  if (tagStatus === 'any') return () => true
  if (tagStatus === 'untagged') return (tags) => tags.length === 0
  const matchers = tagPatternList
    ? tagPatternList.map(wildcardMatcher)
    : tagPrefixList.map((prefix) => (tag: string) => tag.startsWith(prefix))
  return (tags) => tags.length > 0 && matchers.every((matches) => tags.some(matches))
}

/**
 * The one rule that may act on an image: the first that selects it, because an image that matches a rule cannot be
 * expired by one with a lower priority, even if the first leaves it alone. `rules` are in the order of priority.
 */
export const ownerOf = (rules: readonly LifecycleRule[], image: LifecycleImage, now: Date): LifecycleRule | undefined =>
  rules.find((rule) => selectorOf(rule)(imageStatus(image, now), image.tags))

/**
 * Whether an image that a rule selects is older than the rule's number of days. A count of images never makes it so.
 */
export function isOlder({ selection }: LifecycleRule, image: LifecycleImage, now: Date): boolean {
  const { countType, countNumber } = selection
  if (countType === 'imageCountMoreThan') return false
  const isArchived = countType === 'sinceImageTransitioned'
  const days = isArchived ? Math.max(countNumber, MINIMUM_DAYS_IN_ARCHIVE) : countNumber
  const since = {
    sinceImagePushed: image.pushedAt,
    sinceImagePulled: lastUsedAt(image, now),
    sinceImageTransitioned: image.archive?.archivedAt ?? Infinity,
  }
  return now.getTime() - since[countType] > days * DAY_MS
}

/** The time by which images are sorted by age: when the image was pushed, or restored from the archive. */
export const ageTime = (image: LifecycleImage, now: Date): number => lastActivatedAt(image, now) ?? image.pushedAt

/** When an image was last pulled; if not since it was restored or pushed, then the time of that. */
function lastUsedAt(image: LifecycleImage, now: Date): number {
  const { pushedAt, lastPulledAt = pushedAt } = image
  return Math.max(lastActivatedAt(image, now) ?? pushedAt, lastPulledAt)
}
