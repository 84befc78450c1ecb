import { describe, expect, test } from 'vitest'
import { withWildcards } from '../../src/iam/matcher.js'
import { arnWildcard, wildcard } from '../../src/iam/wildcard.js'

const matches = (pattern: string, text: string) => wildcard(withWildcards(pattern))(text)

describe('a pattern with wildcards', () => {
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
  ])('%j matches %j', (pattern, text) => expect(matches(pattern, text)).toBe(true))

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
  ])('%j does not match %j', (pattern, text) => expect(matches(pattern, text)).toBe(false))

  test('costs no more than its length times that of the text, however many wildcards it has', () => {
    const test = wildcard(withWildcards(`${'a*'.repeat(1000)}b`))
    const questions = ['a'.repeat(20_000), `${'a'.repeat(20_000)}c`, `${'a'.repeat(20_000)}cb`]
    const start = performance.now()
    expect(questions.map(test)).toEqual([false, false, true])
    const patient = wildcard(withWildcards('*a?a?a*b?'))
    expect(patient('a'.repeat(20_000))).toBe(false)
    // Tried one way after another, the first of these would outlive the machine.
    expect(performance.now() - start).toBeLessThan(1000)
  })
})

describe('the pattern of an ARN', () => {
  const arnMatches = (pattern: string, text: string) => arnWildcard(withWildcards(pattern))(text)

  test.each([
    ['arn:aws:iam::111122223333:user/a', 'arn:aws:iam::111122223333:user/a'],
    ['arn:*:iam:*:1111????3333:user/*', 'arn:aws:iam::111122223333:user/a/b'],
    ['*:*:*:*:*:*', 'arn:aws:iam::111122223333:user/a'],
    ['arn:aws:sns:us-east-1:111122223333:*', 'arn:aws:sns:us-east-1:111122223333:topic:subscription'],
    ['arn:aws:sns:us-east-1:111122223333:topic:sub*', 'arn:aws:sns:us-east-1:111122223333:topic:subscription'],
  ])('%s matches %s', (pattern, text) => expect(arnMatches(pattern, text)).toBe(true))

  test.each([
    ['arn:aws:iam::*:user/a', 'arn:aws:iam:x::user/a'],
    ['arn:*', 'arn:aws:iam::111122223333:user/a'],
    ['*', 'arn:aws:iam::111122223333:user/a'],
    ['arn:aws:i*:user/a', 'arn:aws:iam::111122223333:user/a'],
    ['arn:aws:iam:::user/a', 'arn:aws:iam::111122223333:user/a'],
    ['*:*:*:*:*:*', 'not an ARN'],
  ])('%s does not match %s: no wildcard reaches over a colon before the sixth component', (pattern, text) =>
    expect(arnMatches(pattern, text)).toBe(false),
  )
})
