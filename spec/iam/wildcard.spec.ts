import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { withWildcards } from '../../src/iam/matcher.js'
import { arnWildcard, wildcard } from '../../src/iam/wildcard.js'

const matches = (pattern: string, text: string) => wildcard(withWildcards(pattern))(text)

describe('Patterns with wildcards', () => {
  test.each([
    ['', ''],
    ['*', ''],
    ['*', 'anything'],
    ['**', 'anything'],
    ['app', 'app'],
    ['app*', 'app'],
    ['app*', 'app/web'],
    ['*web', 'web'],
    ['*web', 'app/web'],
    ['a*b*c', 'aXXbYYc'],
    ['a*b*c', 'abcbc'],
    ['a*ab', 'aaab'],
    ['?', 'x'],
    ['a?c', 'abc'],
    ['a?*', 'ab'],
    ['*a?', 'aab'],
    ['a.c', 'a.c'],
    ['a\\*', 'a\\b'],
    ['a*', 'a*b'],
  ])('The pattern %j matches %j', (pattern, text) => expect(matches(pattern, text)).toBe(true))

  test.each([
    ['', 'a'],
    ['app', 'App'],
    ['app', 'app/web'],
    ['app*', 'ap'],
    ['app*', 'xapp'],
    ['*web', 'web/app'],
    ['a*b*c', 'aXXc'],
    ['?', ''],
    ['?', 'xy'],
    ['a?c', 'ac'],
    ['a?*', 'a'],
    ['a.c', 'abc'],
    ['[a]', 'a'],
    ['a*ab', 'aa'],
  ])('The pattern %j does not match %j', (pattern, text) => expect(matches(pattern, text)).toBe(false))

  test('A pattern matches the same texts as the equivalent regular expression', () => {
    const written = fc.string({ unit: fc.constantFrom('a', 'b', '*', '?'), maxLength: 9 })
    const text = fc.string({ unit: fc.constantFrom('a', 'b'), maxLength: 9 })
    const long = fc.constantFrom('', 'a'.repeat(30), 'ab'.repeat(40))
    fc.assert(
      fc.property(written, text, long, (pattern, given, before) => {
        const expression = new RegExp(`^${(before + pattern).replaceAll('*', '.*').replaceAll('?', '.')}$`)
        expect(matches(before + pattern, before + given)).toBe(expression.test(before + given))
        expect(matches(`*${before}${pattern}`, before + given)).toBe(
          new RegExp(`${before}${pattern.replaceAll('*', '.*').replaceAll('?', '.')}$`).test(before + given),
        )
      }),
      { seed: 20121017, numRuns: 3000 },
    )
  })

  test('A pattern finds a long piece with question marks after any beginning', () => {
    const piece = 'ab?'.repeat(30)
    expect(matches(`*${piece}*c`, `aabab${'abx'.repeat(30)}-c`)).toBe(true)
    expect(matches(`*${piece}*c`, `aabab${'abx'.repeat(29)}axx-c`)).toBe(false)
    expect(matches('*?\u{1F600}?', 'x\u{1F600}y')).toBe(true)
  })

  const a = 'a'.repeat(2047)
  test.each([
    ['stars', 'a*'.repeat(1023) + 'b', a],
    ['stars and the right end', 'a*'.repeat(1023) + 'b*b', `${a}b`],
    ['a long piece', `*${'a'.repeat(1000)}b*`, a],
    ['a long piece after another letter', `*b${'a'.repeat(1000)}*`, a],
    ['question marks', `*${'a?'.repeat(500)}b?c*`, a],
    ['question marks only', `*${'?'.repeat(1000)}b*`, a],
    ['one question mark', `*${'a'.repeat(500)}?${'a'.repeat(500)}b*`, a],
    ['many pieces', `*${`${'a'.repeat(30)}?*`.repeat(60)}b*`, a],
  ])('Matching a pattern with %s takes less than a millisecond for 2 KB of pattern and text', (_, pattern, text) => {
    const test = wildcard(withWildcards(pattern))
    expect(test(text)).toBe(false)
    const times = Array.from({ length: 20 }, () => {
      const start = performance.now()
      test(text)
      return performance.now() - start
    })
    // Comparing the pieces with question marks at every position takes 3 ms and more.
    expect(Math.min(...times)).toBeLessThan(1)
  })
})

describe('Patterns of ARNs', () => {
  const arnMatches = (pattern: string, text: string) => arnWildcard(withWildcards(pattern))(text)

  test.each([
    ['arn:aws:iam::111122223333:user/a', 'arn:aws:iam::111122223333:user/a'],
    ['arn:*:iam:*:1111????3333:user/*', 'arn:aws:iam::111122223333:user/a/b'],
    ['*:*:*:*:*:*', 'arn:aws:iam::111122223333:user/a'],
    ['arn:aws:sns:us-east-1:111122223333:*', 'arn:aws:sns:us-east-1:111122223333:topic:subscription'],
    ['arn:aws:sns:us-east-1:111122223333:topic:sub*', 'arn:aws:sns:us-east-1:111122223333:topic:subscription'],
  ])('The ARN pattern %s matches %s', (pattern, text) => expect(arnMatches(pattern, text)).toBe(true))

  test.each([
    ['arn:aws:iam::*:user/a', 'arn:aws:iam:x::user/a'],
    ['arn:*', 'arn:aws:iam::111122223333:user/a'],
    ['*', 'arn:aws:iam::111122223333:user/a'],
    ['arn:aws:i*:user/a', 'arn:aws:iam::111122223333:user/a'],
    ['arn:aws:iam:::user/a', 'arn:aws:iam::111122223333:user/a'],
    ['*:*:*:*:*:*', 'not an ARN'],
  ])(
    'The ARN pattern %s does not match %s, since no wildcard crosses a colon before the sixth component',
    (pattern, text) => expect(arnMatches(pattern, text)).toBe(false),
  )
})
