import { expect, test } from 'vitest'
import type { SignedRequest } from '../../src/sigv4/signed-request.js'
import { verify } from '../../src/sigv4/verify.js'
import { accessKeyId, ecr, hashOf, signed, withAuthorization, withHeader } from './signing.js'

const wrongSignature = {
  valid: false,
  code: 'InvalidSignatureException',
  message:
    'The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details.',
}
const unknownKey = {
  valid: false,
  code: 'UnrecognizedClientException',
  message: 'The security token included in the request is invalid.',
}
const honest = signed()
const presigned = signed({ signQuery: true, path: '/?a=1&X-Amz-Expires=60' })
const declaring = (hash: string) => signed({ headers: { 'X-Amz-Content-Sha256': hash } })
const body = (text: string) => ({ body: Buffer.from(text) })
const path = (request: SignedRequest, change: (path: string) => string) => ({ ...request, path: change(request.path) })
const signature = (change: (signature: string) => string) =>
  withAuthorization(honest, (text) => text.replace(/(?<=Signature=).*/, change))

test.each<[string, SignedRequest]>([
  ['another secret', signed({ secret: 'another' })],
  ['another method', { ...honest, method: 'PUT' }],
  ['another body', { ...honest, ...body('{"force":true}') }],
  ['another body behind the hash of the first', { ...declaring(hashOf.emptyObject), ...body('{"force":true}') }],
  ['the hash of another body', declaring(hashOf.nothing)],
  ['an unsigned hash of another body', withHeader(honest, 'x-amz-content-sha256', hashOf.nothing)],
  ['a body that is not signed', declaring('UNSIGNED-PAYLOAD')],
  ['a body that is signed in chunks', declaring('STREAMING-AWS4-HMAC-SHA256-PAYLOAD')],
  ['another path', path(honest, () => '/admin')],
  ['a path that only decodes to the same', path(signed({ path: '/a%2Fb' }), () => '/a/b')],
  ['a query that was not there', path(honest, () => '/?a=1')],
  ['another query', path(signed({ path: '/?a=1' }), () => '/?a=2')],
  ['a parameter without a name', path(signed({ path: '/?a=1' }), (text) => `${text}&=evil`)],
  ['a parameter named __proto__', path(signed({ path: '/?a=1' }), (text) => `${text}&__proto__=evil`)],
  ['a parameter after a thousand', path(signed({ path: `/?${'a&'.repeat(999)}a` }), (text) => `${text}&evil=1`)],
  ['swapped bytes that are not UTF-8', path(signed({ path: '/?a=%EF%BF%BD' }), () => '/?a=%FF')],
  ['a signed header changed', withHeader(honest, 'x-amz-target', 'DynamoDB_20120810.DeleteTable')],
  ['a signed header taken away', withHeader(honest, 'content-type')],
  ['a signed header sent twice', repeated(honest, 'X-Amz-Target')],
  ['another host', withHeader(honest, 'host', 'api.ecr.eu-west-1.localhost:4510')],
  ['a header dropped from SignedHeaders', withAuthorization(honest, (text) => text.replace('content-type;', ''))],
  ['a header added to SignedHeaders', withAuthorization(honest, (text) => text.replace('host;', 'expect;host;'))],
  ['another Region', withAuthorization(honest, (text) => text.replace('us-east-1', 'us-east-2'))],
  ['another second', withHeader(honest, 'x-amz-date', '20261123T120001Z')],
  ['a signature in capitals', signature((text) => text.toUpperCase())],
  ['a truncated signature', signature((text) => text.slice(0, 63))],
  ['a signature that is too long', signature((text) => `${text}0`)],
  ['a signature that is not hexadecimal', signature((text) => text.replace(/./g, 'z'))],
  ['a signature of Unicode', signature((text) => text.replace(/./g, '✓'))],
  ['presigned, another body', { ...presigned, ...body('{"force":true}') }],
  ['presigned, another query', path(presigned, (text) => text.replace('a=1', 'a=2'))],
  ['presigned, a longer life', path(presigned, (text) => text.replace('Expires=60', 'Expires=600'))],
  ['presigned, one parameter more', path(presigned, (text) => `${text}&evil=1`)],
  ['presigned, a body that is not signed', withHeader(presigned, 'x-amz-content-sha256', 'UNSIGNED-PAYLOAD')],
])('The request is refused as wrongly signed: %s', (_, request) => {
  expect(verify(request, ecr)).toEqual(wrongSignature)
})

test.each<[string, SignedRequest]>([
  ['an empty access key id', withAuthorization(honest, (text) => text.replace(accessKeyId, ''))],
  [
    'an access key id that does not exist',
    withAuthorization(honest, (text) => text.replace(accessKeyId, 'AKIAI44QH8DHBEXAMPLE')),
  ],
  [
    'an access key id in lower case',
    withAuthorization(honest, (text) => text.replace(accessKeyId, accessKeyId.toLowerCase())),
  ],
  ['an access key id in Cyrillic letters', withAuthorization(honest, (text) => text.replace(accessKeyId, 'ключ'))],
])('The caller is refused as unknown: %s', (_, request) => {
  expect(verify(request, ecr)).toEqual(unknownKey)
})

test('An access key with an empty secret is refused', () => {
  expect(verify(signed({ secret: '' }), { ...ecr, secretOf: () => '' })).toEqual(unknownKey)
})

test('The secret of an empty access key id is not looked up', () => {
  const nobody = withAuthorization(honest, (text) => text.replace(accessKeyId, ''))
  expect(verify(nobody, { ...ecr, secretOf: () => 'secret' })).toEqual(unknownKey)
})

test.each<[string, SignedRequest]>([
  ['SignedHeaders that repeat a long header', repeatedNames()],
  ['a very long credential', withAuthorization(honest, (text) => text.replace('/us-east-1', '/'.repeat(1e6)))],
  ['a very long Region', withAuthorization(honest, (text) => text.replace('us-east-1', 'a-'.repeat(5e5)))],
  ['a very long date', withHeader(honest, 'x-amz-date', '2'.repeat(1e6))],
  [
    'a very long header of spaces',
    withHeader(signed({ headers: { 'X-Note': 'a' } }), 'x-note', `a${' '.repeat(1e6)}b`),
  ],
  ['a very long Authorization', withHeader(honest, 'authorization', `AWS4-${', ='.repeat(3e5)}`)],
  ['a very long query', path(honest, () => `/?${'%2'.repeat(5e5)}`)],
  ['a very long path', path(honest, () => '/../a'.repeat(2e5))],
])('The verification refuses %s within 1.5 seconds', (_, request) => {
  const start = process.hrtime.bigint()
  expect(verify(request, ecr)).toMatchObject({ valid: false })
  expect(Number(process.hrtime.bigint() - start) / 1e6).toBeLessThan(1500)
})

function repeated(request: SignedRequest, name: string): SignedRequest {
  return { ...request, rawHeaders: [...(request.rawHeaders ?? []), name, 'DynamoDB_20120810.DeleteTable'] }
}

function repeatedNames(): SignedRequest {
  const long = signed({ headers: { 'X-Note': 'a'.repeat(1e5) } })
  return withAuthorization(long, (text) => text.replace('host;', `host;${'x-note;'.repeat(1e4)}`).replace(/.$/, 'g'))
}
