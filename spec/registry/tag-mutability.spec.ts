import { describe, expect, it } from 'vitest'
import { type ImageTagMutability, newRepository } from '../../src/registry/repositories/repository.js'
import { isImmutable } from '../../src/registry/repositories/tag-mutability.js'
import { now } from '../support/stocked-store.js'

const repository = (imageTagMutability: ImageTagMutability, ...filters: string[]) =>
  newRepository('team/app', now, {
    imageTagMutability,
    imageTagMutabilityExclusionFilters: filters.map((filter) => ({ filterType: 'WILDCARD', filter })),
  })

describe('tag immutability', () => {
  it.each<[ImageTagMutability, boolean, boolean]>([
    ['MUTABLE', false, false],
    ['IMMUTABLE', true, true],
    ['IMMUTABLE_WITH_EXCLUSION', false, true],
    ['MUTABLE_WITH_EXCLUSION', true, false],
  ])('Under %s, immutability is %s for a tag that matches a filter and %s for others', (mutability, matched, other) => {
    const filters = mutability.endsWith('EXCLUSION') ? ['release-*', 'latest'] : []
    expect(isImmutable(repository(mutability, ...filters), 'release-1')).toBe(matched)
    expect(isImmutable(repository(mutability, ...filters), 'latest')).toBe(matched)
    expect(isImmutable(repository(mutability, ...filters), 'dev')).toBe(other)
  })

  it.each([
    ['*', 'anything', true],
    ['v*', 'v', true],
    ['v*', 'av', false],
    ['*-rc', 'v1-rc', true],
    ['*-rc', 'v1-rc2', false],
    ['v*.*-rc*', 'v1.2-rc3', true],
    ['v*.*-rc*', 'v12-rc3', false],
    ['a*a', 'a', false],
    ['a*b*a', 'aba', true],
    ['v1.0', 'v1x0', false],
  ])('Whether the filter %s matches the tag %s is %s', (filter, tag, matches) => {
    expect(isImmutable(repository('MUTABLE_WITH_EXCLUSION', filter), tag)).toBe(matches)
  })

  it('A filter written to backtrack exponentially is still matched quickly', () => {
    const slow = repository('MUTABLE_WITH_EXCLUSION', `${'*a'.repeat(60)}b`)
    expect(isImmutable(slow, 'a'.repeat(300))).toBe(false)
  })
})
