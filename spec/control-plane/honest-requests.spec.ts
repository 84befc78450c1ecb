import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { networkInterfaces } from 'node:os'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { controlPlane } from '../../src/control-plane/server.js'
import { planeServer } from '../../src/server/listener.js'
import type { SignedRequest } from '../../src/sigv4/signed-request.js'
import { account, startEmulator } from '../support/emulator.js'
import { clockAt, developerCall, type Framing, rawAnswers, requestBytes } from '../support/raw-http.js'
import { hashOf, now, type Wanted, withAuthorization, withHeader, withRawHeaders } from '../sigv4/signing.js'

const call = (wanted: Wanted = {}) => developerCall('DescribeRegistry', wanted)
const presigned = (query: string, wanted: Wanted = {}) => call({ ...wanted, signQuery: true, path: `/?${query}` })
const at = (host: string) => call({ headers: { Host: host } })
const plain = call()
const noted = call({ headers: { 'X-Note': 'a  b   c' } })
const authorized = (change: (text: string) => string) => withAuthorization(plain, change)

/** The plain call with its header names in another spelling. */
const spelled = (change: (name: string) => string) =>
  withRawHeaders(
    plain,
    (plain.rawHeaders ?? []).map((text, i) => (i % 2 === 0 ? change(text) : text)),
  )

const pairs = ({ rawHeaders = [] }: SignedRequest) =>
  rawHeaders.flatMap((name, i) => (i % 2 === 0 ? [[name, rawHeaders[i + 1] ?? ''] as const] : []))
const reversed = withRawHeaders(plain, pairs(plain).reverse().flat())
const also = (request: SignedRequest, ...headers: string[]) =>
  withRawHeaders(request, [...(request.rawHeaders ?? []), ...headers])

const escaped = call({ path: '/?name=a%20b%2Fc~&%C3%BC=1' })
const chunked = ['Transfer-Encoding: chunked']
const inChunks = (text: string): SignedRequest & Framing => ({ ...plain, body: Buffer.from(text), framing: chunked })

let emulator: Awaited<ReturnType<typeof startEmulator>>
beforeAll(async () => void (emulator = await startEmulator({ clock: clockAt(now) })))
afterAll(() => emulator[Symbol.asyncDispose]())

const statuses = async (endpoint: string, bytes: Uint8Array) =>
  (await rawAnswers(endpoint, bytes)).map(({ status, body }) => [status, body.includes(account)])
const isLetIn = [200, true]

test.each<[string, SignedRequest & Framing]>([
  ['a plain call', plain],
  ['upper-case header names', spelled((name) => name.toUpperCase())],
  ['lower-case header names', spelled((name) => name.toLowerCase())],
  ['mixed header names', spelled((name) => name.replace(/[a-z]./g, (two) => two.toUpperCase().slice(0, 1) + two[1]))],
  ['headers in another order', reversed],
  ['folded white space', withHeader(noted, 'x-note', 'a b\t \tc')],
  ['white space around a value', withHeader(noted, 'x-note', ' \t a  b   c \t')],
  ['a header in UTF-8', call({ headers: { 'X-Note': 'größer ✓' } })],
  ['an empty header', call({ headers: { 'X-Note': '' } })],
  [
    'a list split over two headers',
    also(withHeader(call({ headers: { 'X-Note': 'a,b' } }), 'x-note'), 'X-Note', 'a', 'X-Note', 'b'),
  ],
  ['headers added by a proxy', also(plain, 'X-Forwarded-For', '10.0.0.1', 'Via', '1.1 proxy', 'X-Amz-Cf-Id', 'abc')],
  ['headers of a browser', also(plain, 'Cookie', 'a=b', 'Accept-Encoding', 'gzip, br', 'User-Agent', 'ü')],
  ['a signed Content-Length', call({ extraHeadersToIgnore: {}, headers: { 'Content-Length': '2' } })],
  ['an unsigned Content-Type', call({ extraHeadersToIgnore: { 'content-type': true } })],
  ['the hash of its body', call({ headers: { 'X-Amz-Content-Sha256': hashOf.emptyObject } })],
  ['no body', call({ body: '' })],
  ['an Authorization without spaces', authorized((text) => text.replaceAll(', ', ','))],
  ['an Authorization without commas', authorized((text) => text.replaceAll(', ', ' '))],
  [
    'an Authorization in another order',
    authorized((text) => text.replace(/(Cred.*), (Signed.*), (Sig.*)/, '$3, $2, $1')),
  ],
  ['upper-case SignedHeaders', authorized((text) => text.replace('content-type;host', 'Content-Type;Host'))],
  ['SignedHeaders in another order', authorized((text) => text.replace('content-type;host', 'host;content-type'))],
  ['a slash at the end of the scope', authorized((text) => text.replace('aws4_request', 'aws4_request/'))],
  ['an empty query', { ...plain, path: '/?' }],
  ['a query', call({ path: '/?b=2&a=1&a=0&empty=' })],
  ['a query in another order', { ...call({ path: '/?a=1&b=2' }), path: '/?b=2&a=1' }],
  ['a parameter without an equals sign', { ...call({ path: '/?a=' }), path: '/?a' }],
  ['lower-case escapes', { ...escaped, path: '/?name=a%20b%2fc~&%c3%bc=1' }],
  ['a plus for a space', { ...escaped, path: '/?name=a+b%2Fc~&%C3%BC=1' }],
  ['fewer escapes', { ...escaped, path: '/?name=a%20b/c~&%C3%BC=1' }],
  ['more escapes', { ...escaped, path: '/?%6eame=a%20b%2Fc%7E&%C3%BC=1' }],
  ['a Date and no X-Amz-Date', dated()],
  ['an old Date with a current X-Amz-Date', also(plain, 'Date', 'Tue, 01 Jan 2019 00:00:00 GMT')],
  ['a signature 4:59 old', call({ signedAt: '20261123T115501Z' })],
  ['a signature 5:00 old', call({ signedAt: '20261123T115500Z' })],
  ['a signature 4:59 ahead', call({ signedAt: '20261123T120459Z' })],
  ['a signature 5:00 ahead', call({ signedAt: '20261123T120500Z' })],
  ['a presigned call', presigned('a=1')],
  ['a presigned call in the last second of its life', presigned('X-Amz-Expires=60', { signedAt: '20261123T115900Z' })],
  ['a call presigned for a week, after six days', presigned('X-Amz-Expires=604800', { signedAt: '20261117T120000Z' })],
  ['a presigned call 4:59 ahead', presigned('X-Amz-Expires=60', { signedAt: '20261123T120459Z' })],
  ['a body in one chunk', inChunks('2\r\n{}\r\n0\r\n\r\n')],
  ['a body in several chunks', inChunks('1\r\n{\r\n1\r\n}\r\n0\r\n\r\n')],
  ['chunks with extensions and trailers', inChunks('1;a=b\r\n{\r\n01\r\n}\r\n0\r\nX-Note: a\r\n\r\n')],
  ['HTTP/1.0', { ...plain, version: '1.0' }],
  ['localhost', at('localhost:4510')],
  ['LOCALHOST', at('LOCALHOST')],
  ['an IPv4 address', at('127.0.0.1:4510')],
  ['an IPv6 address', at('[::1]:4510')],
  ["the service's own name", at('api.ecr.us-east-1.amazonaws.com')],
  ['a name that ends with a dot', at('api.ecr.us-east-1.localhost.:4510')],
])('The control plane accepts %s', async (_, request) => {
  expect(await statuses(emulator.endpoint, requestBytes(request, request))).toEqual([isLetIn])
})

test('The control plane accepts two calls that are written at once on one connection', async () => {
  const both = Buffer.concat([requestBytes(plain, { close: false }), requestBytes(presigned('a=1'))])
  expect(await statuses(emulator.endpoint, both)).toEqual([isLetIn, isLetIn])
})

test('The control plane accepts a call that follows an empty line', async () => {
  const late = Buffer.concat([Buffer.from('\r\n'), requestBytes(plain)])
  expect(await statuses(emulator.endpoint, late)).toEqual([isLetIn])
})

test('The control plane accepts a client that asks with Expect whether to continue', async () => {
  const asking = requestBytes(also(plain, 'Expect', '100-continue'))
  expect(await statuses(emulator.endpoint, asking)).toEqual([[100, false], isLetIn])
})

const hasIpv6 = Object.values(networkInterfaces()).some((all) => all?.some(({ address }) => address === '::1'))

test.runIf(hasIpv6)('The control plane accepts a call over IPv6', async () => {
  const server = planeServer(emulator.deps, controlPlane(emulator.deps)).listen(0, '::1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const answers = await statuses(`http://[::1]:${port}`, requestBytes(at(`[::1]:${port}`)))
  server.close()
  expect(answers).toEqual([isLetIn])
})

describe('allowed clock skew', () => {
  const signedAt = (time: string) => requestBytes(call({ signedAt: time }))
  const refusalOf = async (endpoint: string, time: string) => {
    const [answer] = await rawAnswers(endpoint, signedAt(time))
    return (JSON.parse(answer?.body ?? '') as { message?: string }).message
  }

  test('A longer allowed clock skew is applied to the second', async () => {
    await using lax = await startEmulator({ clock: clockAt(now), maxSkewSeconds: 900 })
    expect(await statuses(lax.endpoint, signedAt('20261123T114500Z'))).toEqual([isLetIn])
    expect(await statuses(lax.endpoint, signedAt('20261123T121500Z'))).toEqual([isLetIn])
    expect(await refusalOf(lax.endpoint, '20261123T114459Z')).toBe(
      'Signature expired: 20261123T114459Z is now earlier than 20261123T114500Z (20261123T120000Z - 15 min.)',
    )
    expect(await refusalOf(lax.endpoint, '20261123T121501Z')).toBe(
      'Signature not yet current: 20261123T121501Z is still later than 20261123T121500Z (20261123T120000Z + 15 min.)',
    )
  })

  test('A shorter allowed clock skew is applied to the second', async () => {
    await using severe = await startEmulator({ clock: clockAt(now), maxSkewSeconds: 10 })
    expect(await statuses(severe.endpoint, signedAt('20261123T115950Z'))).toEqual([isLetIn])
    expect(await refusalOf(severe.endpoint, '20261123T115949Z')).toBe(
      'Signature expired: 20261123T115949Z is now earlier than 20261123T115950Z (20261123T120000Z - 10 sec.)',
    )
  })
})

function dated(): SignedRequest {
  const ignored = { 'x-amz-date': true, 'content-length': true }
  return withHeader(call({ headers: { Date: now.toUTCString() }, extraHeadersToIgnore: ignored }), 'x-amz-date')
}
