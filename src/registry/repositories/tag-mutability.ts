import type { Repository } from './repository.js'

/**
 * Whether this tag, once set, stays with its image: the repository's setting, turned round for tags that match an
 * exclusion filter. https://docs.aws.amazon.com/AmazonECR/latest/userguide/image-tag-mutability.html
 */
export function isImmutable(repository: Repository, tag: string): boolean {
  const { imageTagMutability, imageTagMutabilityExclusionFilters = [] } = repository
  const excluded = imageTagMutabilityExclusionFilters.some(({ filter }) => matchesWildcard(filter, tag))
  return imageTagMutability.startsWith('IMMUTABLE') !== excluded
}

/** `*` stands for any run of characters; each literal part is taken at its first place, so no filter is slow. */
function matchesWildcard(filter: string, tag: string): boolean {
  const [head = '', ...rest] = filter.split('*')
  const tail = rest.pop()
  if (tail === undefined) return tag === filter
  if (!tag.startsWith(head) || !tag.endsWith(tail) || tag.length < head.length + tail.length) return false

  let position = head.length
  for (const part of rest) {
    const found = tag.indexOf(part, position)
    if (found < 0) return false
    position = found + part.length
  }
  return position <= tag.length - tail.length
}
