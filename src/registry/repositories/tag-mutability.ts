import type { Repository } from './repository.js'

/**
 * Whether this tag cannot be moved once it is set: by the repository's setting, or its opposite if the tag matches an
 * exclusion filter. https://docs.aws.amazon.com/AmazonECR/latest/userguide/image-tag-mutability.html
 */
export function isImmutable(repository: Repository, tag: string): boolean {
  const { imageTagMutability, imageTagMutabilityExclusionFilters = [] } = repository
  const excluded = imageTagMutabilityExclusionFilters.some(({ filter }) => matchesWildcard(filter, tag))
  return imageTagMutability.startsWith('IMMUTABLE') !== excluded
}

/**
 * `*` matches any characters. Each literal part is matched at its first occurrence, so no filter needs backtracking.
 */
function matchesWildcard(filter: string, tag: string): boolean {
  const [head = '', ...rest] = filter.split('*')
  const tail = rest.pop()
  if (tail === undefined) return tag === filter
  if (!tag.startsWith(head) || !tag.endsWith(tail) || tag.length < head.length + tail.length) return false

  let position = head.length
  for (const part of rest) {
    const start = tag.indexOf(part, position)
    if (start < 0) return false
    position = start + part.length
  }
  return position <= tag.length - tail.length
}
