import { createHash } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { memoryKeyValue } from '../../src/adapters/memory/key-value.js'
import { storeOf } from '../../src/store/store-of.js'
import type { SignedRequest } from '../../src/sigv4/signed-request.js'
import { startEmulator } from '../support/emulator.js'
import {
  clockAt,
  developerCall,
  type Framing,
  rawAnswers,
  requestBytes,
  type Sending,
  targetOf,
} from '../support/raw-http.js'
import { hashOf, now, type Wanted, withAuthorization, withHeader, withRawHeaders } from '../sigv4/signing.js'

const other = '999988887777'
const policies = ['AmazonEC2ContainerRegistryFullAccess']
const accounts = {
  '123456789012': { users: { developer: { accessKeys: { AKIDEXAMPLE: 'secret' }, policies } } },
  [other]: { users: { stranger: { accessKeys: { AKIDSTRANGER: 'another secret' }, policies } } },
}

/** A CreateRepository call that is accepted unless a test changes it. */
const create = (wanted: Wanted = {}) =>
  developerCall('CreateRepository', { body: '{"repositoryName":"stolen"}', ...wanted })
const presigned = (query = 'X-Amz-Expires=60', wanted: Wanted = {}) =>
  create({ ...wanted, signQuery: true, path: `/?${query}` })
const honest = create()
const noted = create({ headers: { 'X-Note': 'a' } })
const signature = /(?<=Signature=)\w+/
const scope = '20261123/us-east-1/ecr/aws4_request'
const hashOfHonest = createHash('sha256').update(honest.body).digest('hex')
const chunked = ['Transfer-Encoding: chunked']
const lengthOf = ({ body }: SignedRequest) => [`Content-Length: ${body.length}`]

const authorized = (change: (text: string) => string) => withAuthorization(honest, change)
const authorization = (text: string) => withHeader(honest, 'authorization', text)
const credential = (text: string) => authorized((old) => old.replace(/(?<=Credential=)[^,]*/, text))
const without = (...names: string[]): SignedRequest => ({
  ...presigned(),
  path: names.reduce((path, name) => path.replace(new RegExp(`(?<=[?&])${name}=[^&]*&?`), ''), presigned().path),
})
const body = (content: string | Buffer, request = honest) => ({ ...request, body: Buffer.from(content as string) })
const path = (change: (path: string) => string, request = honest) => ({ ...request, path: change(request.path) })
const also = (request: SignedRequest, ...headers: string[]) =>
  withRawHeaders(request, [...(request.rawHeaders ?? []), ...headers])
const declaring = (hash: string, more: Wanted = {}) => create({ ...more, headers: { 'X-Amz-Content-Sha256': hash } })

/** A call that is signed for one scope and claims another. */
const rewritten = (wanted: Wanted, from: string, to: string) => {
  const request = create(wanted)
  return withRawHeaders(
    request,
    (request.rawHeaders ?? []).map((text) => text.replace(from, to)),
  )
}
const twiceAuthorized = withRawHeaders(honest, [
  ...['Authorization', String(honest.headers.authorization).replace(signature, '0'.repeat(64))],
  ...(honest.rawHeaders ?? []),
])
/** The HTTP parser of Node reads the first 2,000 headers and drops the others. */
const crowded = withRawHeaders(honest, [
  ...Array.from({ length: 2000 }, () => ['a', '']).flat(),
  ...(honest.rawHeaders ?? []),
])

interface Hostile extends SignedRequest, Framing, Sending {}
type Refusal = ReturnType<typeof refusing>

const refusing = (type: string, message?: string) => ({ status: 400, type: `${type}Exception`, message })
const missing = refusing('MissingAuthenticationToken', 'Request is missing Authentication Token')
const incomplete = (message: string) => refusing('IncompleteSignature', message)
const invalid = (message: string) => refusing('InvalidSignature', message)
const unsigned = (header: string) => invalid(`'${header}' must be a 'SignedHeader' in the AWS Authorization.`)
const notADate = (date: string) =>
  incomplete(`Date must be in ISO-8601 'basic format'. Got '${date}'. See http://en.wikipedia.org/wiki/ISO_8601`)
const expired = (date: string, limit: string, age: string) =>
  invalid(`Signature expired: ${date} is now earlier than ${limit} (20261123T120000Z - ${age})`)
const tooEarly = invalid(
  'Signature not yet current: 20261123T120501Z is still later than 20261123T120500Z (20261123T120000Z + 5 min.)',
)
const noLife = (expires: string) =>
  incomplete(`X-Amz-Expires must be a number of seconds between 1 and 604800. Got '${expires}'.`)
const needs = (...parameters: string[]) =>
  incomplete(
    `${parameters.map((name) => `AWS query-string parameters must include '${name}'. `).join('')}Re-examine the query-string parameters.`,
  )
const notFive = (given: string) =>
  incomplete(
    `Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term, got '${given}'`,
  )
const scoped = (to: string) => invalid(`Credential should be scoped ${to}`)
const unknownKey = refusing('UnrecognizedClient', 'The security token included in the request is invalid.')
const unknownOperation = refusing('UnknownOperation')
const noSuchOperation = refusing('UnknownOperation', 'Amazon ECR has no operation of this name.')
const serialization = refusing('Serialization')
const wrong = refusing(
  'InvalidSignature',
  'The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details.',
)

let emulator: Awaited<ReturnType<typeof startEmulator>>
let written = 0

beforeAll(async () => {
  const keyValue = memoryKeyValue()
  const commit: typeof keyValue.commit = (registry, expectations, writes) => {
    written += writes.length
    return keyValue.commit(registry, expectations, writes)
  }
  emulator = await startEmulator({ accounts, store: storeOf({ ...keyValue, commit }), clock: clockAt(now) })
})
afterAll(() => emulator[Symbol.asyncDispose]())

/** Every answer to a request until the server closes the connection. */
async function outcomes(request: Hostile) {
  const answers = await rawAnswers(emulator.endpoint, requestBytes(request, request), request)
  return answers.map(({ status, body }) => {
    const { __type: type, message } = JSON.parse(body || '{}') as { __type?: string; message?: string }
    return { status, type, message }
  })
}

async function expectRefusal(request: Hostile, refusal: object) {
  const before = written
  expect(await outcomes(request)).toEqual([refusal])
  expect(written).toBe(before)
}

test.each<[string, Hostile]>([
  ['another secret', create({ secret: 'another secret' })],
  ['no secret at all', create({ secret: '' })],
  ['the key of another account with a secret of this one', create({ keyId: 'AKIDSTRANGER' })],
  ['another body of the same length', body('{"repositoryName":"robbed"}')],
  ['another body of another length', body('{"repositoryName":"robbed","imageTagMutability":"MUTABLE"}')],
  ['another body in chunks', { ...body('1b\r\n{"repositoryName":"robbed"}\r\n0\r\n\r\n'), framing: chunked }],
  ['no body', body('')],
  ['a body of other bytes that decodes to the same text', body(Buffer.of(0xff), create({ body: '\ufffd' }))],
  ['another body with the hash of the first', body('{"repositoryName":"robbed"}', declaring(hashOfHonest))],
  ['the hash of another body', declaring(hashOf.nothing)],
  ['an unsigned hash of another body', withHeader(honest, 'x-amz-content-sha256', hashOf.nothing)],
  ['UNSIGNED-PAYLOAD', declaring('UNSIGNED-PAYLOAD')],
  ['UNSIGNED-PAYLOAD and no body', declaring('UNSIGNED-PAYLOAD', { body: '' })],
  ['STREAMING-UNSIGNED-PAYLOAD-TRAILER', declaring('STREAMING-UNSIGNED-PAYLOAD-TRAILER')],
  ['STREAMING-AWS4-HMAC-SHA256-PAYLOAD', declaring('STREAMING-AWS4-HMAC-SHA256-PAYLOAD')],
  ['an added query', path(() => '/?a=1')],
  ['another query', path(() => '/?a=2', create({ path: '/?a=1' }))],
  ['a removed query', path(() => '/', create({ path: '/?a=1' }))],
  ['a query in another Unicode form', path(() => '/?a=u%CC%88', create({ path: '/?a=%C3%BC' }))],
  ['a parameter named __proto__', path(() => '/?a=1&__proto__=1', create({ path: '/?a=1' }))],
  ['the signature of another path', path(() => '/', create({ path: '/a' }))],
  ['the signature of a GET', { ...create({ method: 'GET' }), method: 'POST' }],
  ['a header dropped from SignedHeaders', authorized((text) => text.replace('content-type;', ''))],
  ['a header added to SignedHeaders', authorized((text) => text.replace('host;', 'host;user-agent;'))],
  ['__proto__ among SignedHeaders', authorized((text) => text.replace('host;', '__proto__;host;'))],
  ['a changed signed header', withHeader(noted, 'x-note', 'A')],
  ['a repeated signed header', also(noted, 'X-Note', 'a')],
  ['a removed signed header', withHeader(noted, 'x-note')],
  ['another operation', withHeader(honest, 'x-amz-target', targetOf('DeleteRepository'))],
  ['another host', withHeader(honest, 'host', 'api.ecr.eu-west-1.localhost:4510')],
  ['a second host', also(honest, 'Host', 'api.ecr.eu-west-1.localhost:4510')],
  ['no host, which HTTP/1.0 allows', { ...withHeader(honest, 'host'), version: '1.0' }],
  ['a date one second later', withHeader(honest, 'x-amz-date', '20261123T120001Z')],
  ['a signing key of the day before', rewritten({ signedAt: '20261122T120000Z' }, '20261122', '20261123')],
  ['an STS signature that claims ECR', rewritten({ service: 'sts' }, '/sts/', '/ecr/')],
  ['a signature for another Region', rewritten({ region: 'eu-west-1' }, 'eu-west-1', 'us-east-1')],
  ['a signature of zeros', authorized((text) => text.replace(signature, '0'.repeat(64)))],
  ['an upper-case signature', authorized((text) => text.replace(signature, (hex) => hex.toUpperCase()))],
  ['half a signature', authorized((text) => text.replace(signature, (hex) => hex.slice(0, 32)))],
  ['a signature and a half', authorized((text) => text.replace(signature, (hex) => hex + hex.slice(0, 32)))],
  ['two Authorization headers of which only the second is right', twiceAuthorized],
  ['a presigned call with another secret', presigned('X-Amz-Expires=60', { secret: 'another secret' })],
  ['a presigned call with another body', body('{"repositoryName":"robbed"}', presigned())],
  ['a presigned call with another operation', withHeader(presigned(), 'x-amz-target', targetOf('DeleteRepository'))],
  ['a presigned call with a longer life', path((text) => text.replace('Expires=60', 'Expires=604800'), presigned())],
  ['a presigned call with a second life', path((text) => `${text}&X-Amz-Expires=604800`, presigned())],
  ['a presigned call with an additional parameter', path((text) => `${text}&a=1`, presigned())],
  ['a presigned call with UNSIGNED-PAYLOAD', withHeader(presigned(), 'x-amz-content-sha256', 'UNSIGNED-PAYLOAD')],
])('A call with a wrong signature is refused: %s', (_, request) => expectRefusal(request, wrong))

test.each<[string, Hostile, Refusal]>([
  ['no Authorization', withHeader(honest, 'authorization'), missing],
  ['an empty Authorization', authorization(''), missing],
  ['Basic authentication', authorization('Basic QUtJREVYQU1QTEU6c2VjcmV0'), missing],
  ['a Bearer token', authorization('Bearer secret'), missing],
  ['Signature Version 2', authorization('AWS AKIDEXAMPLE:c2VjcmV0'), missing],
  ['a lower-case algorithm', authorized((text) => text.replace('AWS4-HMAC', 'aws4-hmac')), missing],
  [
    'a signature in both the header and the query',
    withHeader(presigned(), 'authorization', String(honest.headers.authorization)),
    invalid("Found both 'X-Amz-Algorithm' as a query-string param and 'Authorization' as HTTP header."),
  ],
  [
    'an algorithm without anything else, and no date',
    withHeader(authorization('AWS4-HMAC-SHA256'), 'x-amz-date'),
    incomplete(
      "Authorization header requires 'Credential' parameter. Authorization header requires 'Signature' parameter. Authorization header requires 'SignedHeaders' parameter. Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header. Authorization=AWS4-HMAC-SHA256",
    ),
  ],
  [
    'an empty Signature',
    authorization('AWS4-HMAC-SHA256 Credential=a, SignedHeaders=host, Signature='),
    incomplete(
      "Authorization header requires 'Signature' parameter. Authorization=AWS4-HMAC-SHA256 Credential=a, SignedHeaders=host, Signature=",
    ),
  ],
  ['a presigned call without a signature', without('X-Amz-Signature'), needs('X-Amz-Signature')],
  ['a URL without caller and date', without('X-Amz-Credential', 'X-Amz-Date'), needs('X-Amz-Credential', 'X-Amz-Date')],
  ['an invalid date', withHeader(honest, 'x-amz-date', 'yesterday'), notADate('yesterday')],
  ['the 31st of November', withHeader(honest, 'x-amz-date', '20261131T120000Z'), notADate('20261131T120000Z')],
  ['two dates', also(honest, 'X-Amz-Date', '20261123T120000Z'), notADate('20261123T120000Z, 20261123T120000Z')],
  [
    'an old X-Amz-Date with a current Date',
    also(create({ signedAt: '20261123T115459Z' }), 'Date', now.toUTCString()),
    expired('20261123T115459Z', '20261123T115500Z', '5 min.'),
  ],
  [
    'a signature 5:01 old',
    create({ signedAt: '20261123T115459Z' }),
    expired('20261123T115459Z', '20261123T115500Z', '5 min.'),
  ],
  ['a signature 5:01 ahead', create({ signedAt: '20261123T120501Z' }), tooEarly],
  ['a presigned call 5:01 ahead', presigned('X-Amz-Expires=604800', { signedAt: '20261123T120501Z' }), tooEarly],
  [
    'an expired presigned call',
    presigned('X-Amz-Expires=60', { signedAt: '20261123T115859Z' }),
    expired('20261123T115859Z', '20261123T115900Z', '1 min.'),
  ],
  ...['0', '604801', '-1', '1e3', '60.5', 'soon', ''].map((expires): [string, Hostile, Refusal] => [
    `a presigned call with X-Amz-Expires '${expires}'`,
    presigned(`X-Amz-Expires=${expires}`),
    noLife(expires),
  ]),
  ['an unsigned Host', authorized((text) => text.replace('host;', '')), unsigned('Host')],
  [
    'a presigned call with a line break in SignedHeaders',
    path((text) => text.replace('%3Bhost', '%3Bhost%0A'), presigned()),
    unsigned('Host'),
  ],
  ['an unsigned X-Amz-Target', authorized((text) => text.replace(';x-amz-target', '')), unsigned('X-Amz-Target')],
  ['an unsigned X-Amz-Security-Token', also(honest, 'X-Amz-Security-Token', 'a'), unsigned('X-Amz-Security-Token')],
  ...['HMAC-SHA1', 'HMAC-SHA512', 'ECDSA-P256-SHA256', 'HMAC-SHA256-PAYLOAD'].map(
    (algorithm): [string, Hostile, Refusal] => [
      `the algorithm AWS4-${algorithm}`,
      authorized((text) => text.replace('HMAC-SHA256', algorithm)),
      incomplete(`Unsupported AWS 'algorithm': 'AWS4-${algorithm}' (only AWS4-HMAC-SHA256 for now). `),
    ],
  ),
  ['a credential of four parts', credential('a/b/c/d'), notFive('a/b/c/d')],
  ['a credential of six parts', credential(`a/AKIDEXAMPLE/${scope}`), notFive(`a/AKIDEXAMPLE/${scope}`)],
  ['a credential of slashes', credential('/////'), notFive('/////')],
  ['another service', create({ service: 'dynamodb' }), scoped("to correct service: 'ecr'.")],
  [
    'an invalid Region',
    credential(`AKIDEXAMPLE/20261123/%20/ecr/aws4_request`),
    scoped("to a valid region, not '%20'."),
  ],
  [
    'another terminator',
    authorized((text) => text.replace('aws4_request', 'aws5_request')),
    scoped("with a valid terminator: 'aws4_request', not 'aws5_request'."),
  ],
  [
    'the scope of another day',
    authorized((text) => text.replace('20261123', '20261122')),
    invalid(
      "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: '20261122' != '20261123', from '20261123T120000Z'.",
    ),
  ],
  ...['', 'AKIDNOBODY', 'akidexample', 'AKIDEXAMPLE%00', '__proto__', 'constructor', '*'].map(
    (keyId): [string, Hostile, Refusal] => [`the access key '${keyId}'`, credential(`${keyId}/${scope}`), unknownKey],
  ),
  ['no X-Amz-Target', withHeader(honest, 'x-amz-target'), unknownOperation],
  ['two targets', also(honest, 'X-Amz-Target', targetOf('DeleteRepository')), noSuchOperation],
  ['the target of another service', withHeader(honest, 'x-amz-target', 'DynamoDB_20120810.X'), unknownOperation],
  ['the target __proto__', withHeader(honest, 'x-amz-target', targetOf('__proto__')), noSuchOperation],
])('The control plane refuses %s', (_, request, refusal) => expectRefusal(request, refusal))

const raw = (...headers: string[]): Hostile => ({ ...honest, framing: [...lengthOf(honest), ...headers] })

test.each<[string, Hostile]>([
  ['a carriage return in a value', raw('X-Note: a\rb')],
  ['a line feed in a value', raw('X-Note: a\nX-Evil: b')],
  ['a null byte in a value', raw('X-Note: a\0b')],
  ['a folded header', raw('X-Note: a\r\n b')],
  ['a space before the colon', raw('X-Note : a')],
  ['a header without a colon', raw('X-Note')],
  ['a header without a name', raw(': a')],
  ['a length and chunks', raw(...chunked)],
  ['a length and chunks under HTTP/1.0', { ...raw(...chunked), version: '1.0' }],
  ['two lengths', raw('Content-Length: 10')],
  ['a negative length', { ...honest, framing: ['Content-Length: -1'] }],
  ['a length in hexadecimal', { ...honest, framing: ['Content-Length: 0x1b'] }],
  ['an encoding that only begins with chunked', { ...honest, framing: ['Transfer-Encoding: chunked, identity'] }],
  ['chunks of an invalid size', { ...body('zz\r\n{}\r\n0\r\n\r\n'), framing: chunked }],
  ['a body shorter than its length', { ...honest, framing: ['Content-Length: 1000'], halfClose: true }],
  ['a body longer than its length', { ...honest, framing: ['Content-Length: 10'] }],
  ['two thousand headers before the others', crowded],
  ['no host', withHeader(honest, 'host')],
  ['a null byte in the path', path(() => '/\0')],
  ['bytes that are not ASCII in the path', path(() => Buffer.from('/größe').toString('latin1'))],
  ['a space in the path', path(() => '/ HTTP/1.1 /')],
  ['a lower-case method', { ...honest, method: 'post' }],
  ['an unknown method', { ...honest, method: 'CREATE' }],
  ['an unknown version of HTTP', { ...honest, version: '9.9' }],
])('The HTTP parser refuses %s', (_, request) => expectRefusal(request, { status: 400 }))

test.each<[string, Hostile]>([
  ['a header that is too long', raw(`X-Note: ${'a'.repeat(20_000)}`)],
  ['an Authorization that is too long', authorization(`AWS4-HMAC-SHA256 ${'a'.repeat(20_000)}`)],
  ['a query that is too long', path(() => `/?${'a'.repeat(20_000)}`)],
])('The HTTP parser refuses %s', (_, request) => expectRefusal(request, { status: 431 }))

test.each<[string, Hostile]>([
  ['another path', path(() => '/images')],
  ['a path of two slashes', path(() => '//')],
  ['a path with dot segments', path(() => '/a/..')],
  ['a path of escaped dots', path(() => '/%2e%2e/%00')],
  ['a path in Unicode', path(() => '/gr%C3%B6%C3%9Fe')],
  ['a path in an overlong encoding', path(() => '/%c0%af')],
  ['a path with a fragment', path(() => '/#')],
  ['an absolute URL', path(() => `http://${String(honest.headers.host)}/`)],
  ['a PUT with the signature of a POST', { ...honest, method: 'PUT' }],
])('The control plane answers with 404 for %s', (_, request) =>
  expectRefusal(request, { status: 404, message: expect.stringMatching(/^Calls of the API are POST \/; /) }),
)

const nested = (levels: number) => '['.repeat(levels) + ']'.repeat(levels)
const members = (content: string | Buffer) => create({ body: content })
const ofOther = (name: string) =>
  developerCall(name, { body: `{"registryId":"${other}","repositoryName":"a/b","policyText":"{}"}` })
const denied = (name: string) =>
  refusing(
    'AccessDenied',
    `User: arn:aws:iam::123456789012:user/developer is not authorized to perform: ecr:${name} on resource: arn:aws:ecr:us-east-1:${other}:repository/a/b because no resource-based policy allows the ecr:${name} action`,
  )
const nameless = refusing(
  'InvalidParameter',
  "Invalid parameter at 'repositoryName' failed to satisfy constraint: 'must not be null'",
)

test.each<[string, Hostile, Refusal]>([
  ['JSON that ends early', members('{"repositoryName":"stolen"'), serialization],
  ['two JSON documents', members('{"repositoryName":"stolen"}{}'), serialization],
  ['JSON that is not an object', members('["stolen"]'), serialization],
  ['a hundred thousand brackets', members(`{"repositoryName":"stolen","tags":${nested(1e5)}}`), serialization],
  ['a body in UTF-16', members(Buffer.from('{"repositoryName":"stolen"}', 'utf16le')), serialization],
  ['a repositoryName in __proto__', members('{"__proto__":{"repositoryName":"stolen"}}'), nameless],
  ['a repositoryName in a constructor', members('{"constructor":{"prototype":{"repositoryName":"stolen"}}}'), nameless],
  ['the repository of another account', ofOther('DeleteRepository'), denied('DeleteRepository')],
  ['the policy of another account', ofOther('SetRepositoryPolicy'), denied('SetRepositoryPolicy')],
])('A call with a valid signature is refused for %s', (_, request, refusal) => expectRefusal(request, refusal))

test('Each of two requests on one connection is checked on its own', async () => {
  const first = requestBytes(developerCall('DescribeRegistry'), {
    close: false,
  })
  const second = requestBytes(withHeader(honest, 'authorization'))
  const answers = await rawAnswers(emulator.endpoint, Buffer.concat([first, second]))
  expect(answers.map(({ status }) => status)).toEqual([200, 400])
})

test('The unchanged request is accepted after all the refused ones', async () => {
  expect(await outcomes(honest)).toMatchObject([{ status: 200 }])
  expect(written).toBe(1)
})
