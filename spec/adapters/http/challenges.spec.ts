import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseChallenges } from '../../../src/adapters/upstream/challenges.js'

const bearer = (parameters: Record<string, string>) => ({ scheme: 'bearer', parameters })
const basic = (parameters: Record<string, string> = {}) => ({ scheme: 'basic', parameters })

describe('WWW-Authenticate', () => {
  it.each([
    ['an absent field', undefined, []],
    ['an empty field', '', []],
    [
      'the challenge of Docker Hub',
      'Bearer realm="https://auth.docker.io/token",service="registry.docker.io",scope="repository:a/b:pull"',
      [bearer({ realm: 'https://auth.docker.io/token', service: 'registry.docker.io', scope: 'repository:a/b:pull' })],
    ],
    [
      'commas and spaces in quotes',
      'Bearer realm="https://r/t?a=1,2", scope="repository:a:pull,push repository:b:pull"',
      [bearer({ realm: 'https://r/t?a=1,2', scope: 'repository:a:pull,push repository:b:pull' })],
    ],
    ['escapes in quotes', String.raw`Basic realm="say \"hi\", \\o/"`, [basic({ realm: String.raw`say "hi", \o/` })]],
    ['values without quotes', 'Bearer realm=abc,service=x', [bearer({ realm: 'abc', service: 'x' })]],
    ['names in any case', 'BEARER Realm="a"', [bearer({ realm: 'a' })]],
    ['space around the equals sign', 'Bearer realm = "a" , service= b', [bearer({ realm: 'a', service: 'b' })]],
    [
      'two challenges in one field',
      'Basic realm="a", Bearer realm="b",service="c"',
      [basic({ realm: 'a' }), bearer({ realm: 'b', service: 'c' })],
    ],
    ['two fields', ['Bearer realm="b"', 'Basic'], [bearer({ realm: 'b' }), basic()]],
    ['schemes without parameters', 'Negotiate, Basic', [{ scheme: 'negotiate', parameters: {} }, basic()]],
    [
      'a token68',
      'Negotiate YWJj+/==, Basic realm="a"',
      [{ scheme: 'negotiate', token68: 'YWJj+/==', parameters: {} }, basic({ realm: 'a' })],
    ],
    ['empty list elements', ' , ,Basic realm="a",,', [basic({ realm: 'a' })]],
    ['an empty value', 'Bearer realm="",service="x"', [bearer({ realm: '', service: 'x' })]],
    ['a valid challenge after a malformed one', '"?", Basic realm="a"', [basic({ realm: 'a' })]],
  ])('The WWW-Authenticate parser reads %s', (_, field, challenges) => {
    expect(parseChallenges(field)).toEqual(challenges)
  })

  it('The WWW-Authenticate parser reads back every quoted string', () => {
    const quote = (text: string) => `"${text.replace(/["\\]/g, '\\$&')}"`
    fc.assert(
      fc.property(fc.stringMatching(/^[\t -~]*$/), fc.stringMatching(/^[\t -~]*$/), (realm, scope) => {
        const field = `Basic realm="x", Bearer realm=${quote(realm)},scope=${quote(scope)}`
        expect(parseChallenges(field)).toEqual([basic({ realm: 'x' }), bearer({ realm, scope })])
      }),
    )
  })

  it('The WWW-Authenticate parser terminates on any input', () => {
    fc.assert(fc.property(fc.string(), (field) => Array.isArray(parseChallenges(field))))
  })
})
