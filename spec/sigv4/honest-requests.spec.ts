import { expect, test } from 'vitest'
import type { SignedRequest } from '../../src/sigv4/signed-request.js'
import { verify } from '../../src/sigv4/verify.js'
import { accessKeyId, ecr, hashOf, signed, withAuthorization, withHeader, withRawHeaders } from './signing.js'

const reversed = (request: SignedRequest) => {
  const sent = request.rawHeaders ?? []
  return withRawHeaders(
    request,
    Array.from({ length: sent.length / 2 }, (_, i) => sent.slice(-2 * i - 2, sent.length - 2 * i)).flat(),
  )
}
const shouting = (request: SignedRequest) =>
  withRawHeaders(
    request,
    (request.rawHeaders ?? []).map((text, i) => (i % 2 === 0 ? text.toUpperCase() : text)),
  )
const withoutRawHeaders = ({ method, path, headers, body }: SignedRequest): SignedRequest => ({
  method,
  path,
  headers,
  body,
})
const presigned = (more = '') => signed({ signQuery: true, path: `/${more}` })

test.each<[string, SignedRequest]>([
  ['a plain call', signed()],
  ['a call whose raw headers are not known', withoutRawHeaders(signed())],
  ['a call without a body', signed({ method: 'GET', body: '' })],
  ['a call in another Region', signed({ region: 'us-gov-west-1' })],
  ['header names in capitals', shouting(signed())],
  ['headers in another order', reversed(signed())],
  ['folded white space', withHeader(signed({ headers: { 'X-Note': 'a  b   c' } }), 'x-note', '  a b\t \tc ')],
  ['headers in UTF-8', signed({ headers: { 'X-Note': 'größer ✓' } })],
  ['headers that were added on the way', withHeader(signed(), 'x-forwarded-for', '10.0.0.1')],
  ['an unsigned x-amz header added on the way', withHeader(signed(), 'x-amz-cf-id', 'abc')],
  ['a content type that is not signed', signed({ extraHeadersToIgnore: { 'content-type': true } })],
  ['the hash of its body in a header', signed({ headers: { 'X-Amz-Content-Sha256': hashOf.emptyObject } })],
  ['an Authorization without spaces', withAuthorization(signed(), (text) => text.replaceAll(', ', ','))],
  ['an Authorization without commas', withAuthorization(signed(), (text) => text.replaceAll(', ', ' '))],
  [
    'SignedHeaders in capitals',
    withAuthorization(signed(), (text) => text.replace('=content-type;host', '=Content-Type;Host')),
  ],
  ['a query', signed({ path: '/?b=2&a=1&a=0&empty=&bare' })],
  ['a query with escapes', signed({ path: '/?name=a%20b%2fc%7E*%27()&%C3%BC=%E2%9C%93' })],
  ['a query escaped differently on the way', { ...signed({ path: '/?name=a%20b/c~' }), path: '/?name=a+b%2fc%7e' }],
  ['a path with escapes', signed({ path: '/a%20b/%2F/~c' })],
  ['a path with dots', signed({ path: '/a//b/./c/../d/' })],
  ['a presigned call', presigned()],
  ['a presigned call with a query', presigned('?b=%2f&a=1&a=')],
  ['a presigned call that lives an hour', presigned('?X-Amz-Expires=3600')],
  ['a presigned call that lives a week', presigned('?X-Amz-Expires=604800')],
])('The signed request is accepted: %s', (_, request) => {
  expect(verify(request, ecr)).toMatchObject({ valid: true, accessKeyId, service: 'ecr', date: '20261123T120000Z' })
})

test.each([
  ['4:59 old', '20261123T115501Z'],
  ['5:00 old', '20261123T115500Z'],
  ['4:59 ahead', '20261123T120459Z'],
  ['5:00 ahead', '20261123T120500Z'],
])('A signature that is %s is accepted', (_, signedAt) => {
  expect(verify(signed({ signedAt }), ecr)).toMatchObject({ valid: true, date: signedAt })
})

test('The age of a signature is counted in whole seconds', () => {
  const late = new Date(ecr.now.getTime() + 999)
  expect(verify(signed({ signedAt: '20261123T115500Z' }), { ...ecr, now: late })).toMatchObject({ valid: true })
})

test('A presigned call is accepted in its last second', () => {
  const request = signed({ signQuery: true, path: '/?X-Amz-Expires=60', signedAt: '20261123T115900Z' })
  expect(verify(request, ecr)).toMatchObject({ valid: true })
})

test('The time of a request without X-Amz-Date is taken from its Date header, as botocore may send it', () => {
  const date = 'Mon, 23 Nov 2026 12:00:00 GMT'
  const request = withHeader(
    signed({ headers: { Date: date }, extraHeadersToIgnore: { 'x-amz-date': true } }),
    'x-amz-date',
  )
  expect(verify(request, ecr)).toMatchObject({ valid: true, date: '20261123T120000Z' })
})

test('The permitted clock skew is configurable', () => {
  const request = signed({ signedAt: '20261123T114500Z' })
  expect(verify(request, { ...ecr, maxSkewSeconds: 900 })).toMatchObject({ valid: true })
})

test('The security token is returned from the header and from the query', () => {
  expect(verify(signed({ headers: { 'X-Amz-Security-Token': 'token' } }), ecr)).toMatchObject({
    securityToken: 'token',
  })
  expect(verify(presigned('?X-Amz-Security-Token=a%2Bb'), ecr)).toMatchObject({ securityToken: 'a+b' })
})

test('A changed secret of a known access key is effective at once', () => {
  expect(verify(signed(), ecr)).toMatchObject({ valid: true })
  expect(verify(signed(), { ...ecr, secretOf: () => 'rotated' })).toMatchObject({ valid: false })
  expect(verify(signed({ secret: 'rotated' }), { ...ecr, secretOf: () => 'rotated' })).toMatchObject({ valid: true })
})
