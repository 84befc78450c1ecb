import { matchesWildcards } from '../wildcards.js'
import type { Repository } from './repository.js'

/**
 * Whether this tag cannot be moved once it is set: by the repository's setting, or its opposite if the tag matches an
 * exclusion filter. https://docs.aws.amazon.com/AmazonECR/latest/userguide/image-tag-mutability.html
 */
export function isImmutable(repository: Repository, tag: string): boolean {
  const { imageTagMutability, imageTagMutabilityExclusionFilters = [] } = repository
  const excluded = imageTagMutabilityExclusionFilters.some(({ filter }) => matchesWildcards(filter, tag))
  return imageTagMutability.startsWith('IMMUTABLE') !== excluded
}
