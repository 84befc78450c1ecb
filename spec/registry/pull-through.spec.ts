import { describe, expect, it } from 'vitest'
import {
  isCheckDue,
  type PullThroughCacheRule,
  ruleServing,
  upstreamRepository,
} from '../../src/registry/cache-rules/cache-rule.js'
import { now } from '../support/stocked-store.js'

const rule = (ecrRepositoryPrefix: string, upstreamRepositoryPrefix = 'ROOT'): PullThroughCacheRule => ({
  ...{ ecrRepositoryPrefix, upstreamRepositoryPrefix, upstreamRegistryUrl: 'quay.io', createdAt: 0, updatedAt: 0 },
})

describe('rule that serves a repository name', () => {
  const rules = ['a', 'a/b', 'ab', 'ROOT'].map((prefix) => rule(prefix))
  const serving = (name: string, of = rules) => ruleServing(name, of)?.ecrRepositoryPrefix

  it.each([
    ['a/image', 'a'],
    ['a/b/image', 'a/b'],
    ['a/bc/image', 'a'],
    ['ab/image', 'ab'],
    ['abc/image', 'ROOT'],
    ['a', 'ROOT'],
  ])('The name %s is served by the rule %s: the longest prefix that ends at a slash, or else ROOT', (name, prefix) => {
    expect(serving(name)).toBe(prefix)
  })

  it('A name is served by no rule when no prefix matches and there is no ROOT rule', () => {
    expect(serving('other/image', [rule('a')])).toBeUndefined()
    expect(serving('ROOT/image', [rule('a')])).toBeUndefined()
  })
})

describe('upstream repository name', () => {
  it.each([
    ['ecr-public', 'ROOT', 'ecr-public/my-app/image1', 'my-app/image1'],
    ['ROOT', 'ROOT', 'my-app/image1', 'my-app/image1'],
    ['team-a', 'team-a', 'team-a/myapp/image1', 'team-a/myapp/image1'],
    ['my-app', 'upstream-app', 'my-app/image1', 'upstream-app/image1'],
  ])('A rule that maps %s to %s turns the name %s into %s', (prefix, upstreamPrefix, name, upstream) => {
    expect(upstreamRepository(rule(prefix, upstreamPrefix), name)).toBe(upstream)
  })
})

describe('check of a pulled-through tag', () => {
  const settings = { checkIntervalSeconds: 86_400, retryIntervalSeconds: 900 }
  const ago = (seconds: number) => now.getTime() - seconds * 1000
  const due = (upstream?: { checkedAt: number; failedAt?: number }) =>
    isCheckDue(
      { repository: 'a/image', tag: 'latest', digest: 'sha256:', ...(upstream && { upstream }) },
      now,
      settings,
    )

  it('A check of a tag is due 24 hours after the last successful check', () => {
    expect(due({ checkedAt: ago(86_399) })).toBe(false)
    expect(due({ checkedAt: ago(86_400) })).toBe(true)
  })

  it('A check of a tag is due 15 minutes after a failed check', () => {
    expect(due({ checkedAt: ago(100_000), failedAt: ago(899) })).toBe(false)
    expect(due({ checkedAt: ago(100_000), failedAt: ago(900) })).toBe(true)
  })

  it('A check is never due for a pushed tag', () => {
    expect(due()).toBe(false)
  })
})
