import type { Image } from '../images/image.js'
import { imageStatus, lastActivatedAt } from '../images/storage-class.js'
import { MINIMUM_DAYS_IN_ARCHIVE } from './accept-lifecycle-policy.js'
import { classOf, type LifecycleRule } from './lifecycle-rule.js'
import { matchesTagPattern } from './tag-pattern.js'

/** What the evaluation of a lifecycle policy considers of an image. */
export type LifecycleImage = Pick<Image, 'digest' | 'tags' | 'pushedAt' | 'lastPulledAt' | 'archive' | 'subject'>

const DAY_MS = 24 * 60 * 60 * 1000

/**
 * Whether a rule selects an image, by its storage class and tags. An image that is being restored is in neither class
 * until it is ACTIVE.
 */
export function selects(rule: LifecycleRule, image: LifecycleImage, now: Date): boolean {
  if (imageStatus(image, now) !== (classOf(rule) === 'archive' ? 'ARCHIVED' : 'ACTIVE')) return false
  const { tagStatus, tagPatternList, tagPrefixList = [] } = rule.selection
  if (tagStatus === 'any') return true
  if (tagStatus === 'untagged') return image.tags.length === 0
  const { tags } = image
  return tagPatternList
    ? tagPatternList.every((pattern) => tags.some((tag) => matchesTagPattern(tag, pattern)))
    : tags.length > 0 && tagPrefixList.every((prefix) => tags.some((tag) => tag.startsWith(prefix)))
}

/**
 * The one rule that may act on an image: the first that selects it, because an image that matches a rule cannot be
 * expired by one with a lower priority, even if the first leaves it alone. `rules` are in the order of priority.
 */
export const ownerOf = (rules: readonly LifecycleRule[], image: LifecycleImage, now: Date): LifecycleRule | undefined =>
  rules.find((rule) => selects(rule, image, now))

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
