import { expect, test } from 'vitest'
import type { SignedRequest } from '../../src/sigv4/signed-request.js'
import { verify } from '../../src/sigv4/verify.js'
import { ecr, signed, withAuthorization, withHeader } from './signing.js'

const honest = signed()
const presigned = signed({ signQuery: true, path: '/?X-Amz-Expires=60' })
const authorization = (text: string) => withHeader(honest, 'authorization', text)
const credential = (text: string) => withAuthorization(honest, (old) => old.replace(/(?<=Credential=)[^,]*/, text))
const without = (...names: string[]): SignedRequest => ({
  ...presigned,
  path: names.reduce((path, name) => path.replace(new RegExp(`(?<=[?&])${name}=[^&]*&?`), ''), presigned.path),
})
const living = (expires: string) => signed({ signQuery: true, path: `/?X-Amz-Expires=${expires}` })
const unsignedHost = withAuthorization(honest, (text) => text.replace('host;', ''))

const missing = 'MissingAuthenticationTokenException'
const incomplete = 'IncompleteSignatureException'
const invalid = 'InvalidSignatureException'

test.each<[string, SignedRequest, string, string]>([
  [
    'a request without authentication',
    withHeader(honest, 'authorization'),
    missing,
    'Request is missing Authentication Token',
  ],
  ['another scheme', authorization('Basic QVdTOng='), missing, 'Request is missing Authentication Token'],
  [
    'both a header and a query',
    withHeader(presigned, 'authorization', 'Basic QVdTOng='),
    invalid,
    "Found both 'X-Amz-Algorithm' as a query-string param and 'Authorization' as HTTP header.",
  ],
  [
    'an empty header and no date',
    withHeader(authorization('AWS4-HMAC-SHA256'), 'x-amz-date'),
    incomplete,
    "Authorization header requires 'Credential' parameter. Authorization header requires 'Signature' parameter. Authorization header requires 'SignedHeaders' parameter. Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header. Authorization=AWS4-HMAC-SHA256",
  ],
  [
    'a header without a signature',
    authorization('AWS4-HMAC-SHA256 Credential=a, SignedHeaders=host'),
    incomplete,
    "Authorization header requires 'Signature' parameter. Authorization=AWS4-HMAC-SHA256 Credential=a, SignedHeaders=host",
  ],
  [
    'a signature that is followed by its name alone',
    withAuthorization(honest, () => 'AWS4-HMAC-SHA256 Credential=a, SignedHeaders=host, Signature=b, Signature'),
    incomplete,
    "Authorization header requires 'Signature' parameter. Authorization=AWS4-HMAC-SHA256 Credential=a, SignedHeaders=host, Signature=b, Signature",
  ],
  [
    'a query without a signature',
    without('X-Amz-Signature'),
    incomplete,
    "AWS query-string parameters must include 'X-Amz-Signature'. Re-examine the query-string parameters.",
  ],
  [
    'a query with nothing but the algorithm',
    without('X-Amz-Credential', 'X-Amz-Signature', 'X-Amz-SignedHeaders', 'X-Amz-Date'),
    incomplete,
    "AWS query-string parameters must include 'X-Amz-Credential'. AWS query-string parameters must include 'X-Amz-Signature'. AWS query-string parameters must include 'X-Amz-SignedHeaders'. AWS query-string parameters must include 'X-Amz-Date'. Re-examine the query-string parameters.",
  ],
  ...[
    '201',
    '20261123T120000',
    '2026-11-23T12:00:00Z',
    '20261131T120000Z',
    '20260229T120000Z',
    '20261301T120000Z',
    '20261123T240000Z',
    '20261123T126000Z',
    '20261123T120060Z',
    '00261123T120000Z',
    'yesterday',
    '٢٠٢٦',
  ].map((date): [string, SignedRequest, string, string] => [
    `the date ${date}`,
    { ...honest, headers: { ...honest.headers, 'x-amz-date': date } },
    incomplete,
    `Date must be in ISO-8601 'basic format'. Got '${date}'. See http://en.wikipedia.org/wiki/ISO_8601`,
  ]),
  [
    'a signature 5:01 old',
    signed({ signedAt: '20261123T115459Z' }),
    invalid,
    'Signature expired: 20261123T115459Z is now earlier than 20261123T115500Z (20261123T120000Z - 5 min.)',
  ],
  [
    'a signature 5:01 ahead',
    signed({ signedAt: '20261123T120501Z' }),
    invalid,
    'Signature not yet current: 20261123T120501Z is still later than 20261123T120500Z (20261123T120000Z + 5 min.)',
  ],
  [
    'an expired presigned call',
    signed({ signQuery: true, path: '/?X-Amz-Expires=90', signedAt: '20261123T115829Z' }),
    invalid,
    'Signature expired: 20261123T115829Z is now earlier than 20261123T115830Z (20261123T120000Z - 90 sec.)',
  ],
  [
    'a presigned call 5:01 ahead',
    signed({ signQuery: true, path: '/?X-Amz-Expires=604800', signedAt: '20261123T120501Z' }),
    invalid,
    'Signature not yet current: 20261123T120501Z is still later than 20261123T120500Z (20261123T120000Z + 5 min.)',
  ],
  [
    'a presigned call without X-Amz-Expires that is 5:01 old',
    signed({ signQuery: true, signedAt: '20261123T115459Z' }),
    invalid,
    'Signature expired: 20261123T115459Z is now earlier than 20261123T115500Z (20261123T120000Z - 5 min.)',
  ],
  ...['0', '604801', '-1', '1e3', ' 60', '', '60.5'].map((expires): [string, SignedRequest, string, string] => [
    `X-Amz-Expires of '${expires}'`,
    living(encodeURIComponent(expires)),
    incomplete,
    `X-Amz-Expires must be a number of seconds between 1 and 604800. Got '${expires}'.`,
  ]),
  ['an unsigned Host', unsignedHost, invalid, "'Host' must be a 'SignedHeader' in the AWS Authorization."],
  [
    'an unsigned X-Amz-Target',
    withHeader(signed({ headers: {}, extraHeadersToIgnore: { 'x-amz-target': true } }), 'x-amz-target', 'Ecr.Delete'),
    invalid,
    "'X-Amz-Target' must be a 'SignedHeader' in the AWS Authorization.",
  ],
  [
    'an unsigned X-Amz-Security-Token',
    withHeader(honest, 'x-amz-security-token', 'token'),
    invalid,
    "'X-Amz-Security-Token' must be a 'SignedHeader' in the AWS Authorization.",
  ],
  [
    'another algorithm',
    withAuthorization(honest, (text) => text.replace('SHA256', 'SHA25')),
    incomplete,
    "Unsupported AWS 'algorithm': 'AWS4-HMAC-SHA25' (only AWS4-HMAC-SHA256 for now). ",
  ],
  ...['a/b/c/d', 'a/b/c/d/e/f', 'a'].map((text): [string, SignedRequest, string, string] => [
    `the credential ${text}`,
    credential(text),
    incomplete,
    `Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term, got '${text}'`,
  ]),
  [
    'a scope in which everything is wrong',
    credential('a/b/c/d/e'),
    invalid,
    "Credential should be scoped to a valid region, not 'c'. Credential should be scoped to correct service: 'ecr'. Credential should be scoped with a valid terminator: 'aws4_request', not 'e'. Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: 'b' != '20261123', from '20261123T120000Z'.",
  ],
  [
    'a signature for another service',
    signed({ service: 'dynamodb' }),
    invalid,
    "Credential should be scoped to correct service: 'ecr'.",
  ],
  [
    'another terminator',
    withAuthorization(honest, (text) => text.replace('aws4_request', 'aws5_request')),
    invalid,
    "Credential should be scoped with a valid terminator: 'aws4_request', not 'aws5_request'.",
  ],
  [
    "yesterday's scope",
    withAuthorization(honest, (text) => text.replace('20261123', '20261122')),
    invalid,
    "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: '20261122' != '20261123', from '20261123T120000Z'.",
  ],
])('The refusal has the code and message of AWS: %s', (_, request, code, message) => {
  expect(verify(request, ecr)).toEqual({ valid: false, code, message })
})

test('Slashes at the end of a credential are ignored', () => {
  const request = withAuthorization(honest, (text) => text.replace('aws4_request', 'aws4_request//'))
  expect(verify(request, ecr)).toMatchObject({ valid: true })
})

test('The verification reports the first fault in the order in which AWS checks', () => {
  const mended: ((text: string) => string)[] = [
    (text) => text.replace('Nothing', 'AWS4-HMAC-SHA25'),
    (text) => `${text} Signature=0`,
    (text) => text.replace('SignedHeaders=a', 'SignedHeaders=host'),
    (text) => text.replace('SignedHeaders=host', 'SignedHeaders=host;x-amz-target'),
    (text) => text.replace('SHA25 ', 'SHA256 '),
    (text) => text.replace('Credential=a', 'Credential=a/b/c/d/e'),
    (text) => text.replace('a/b/c/d/e', 'a/20261123/us-east-1/ecr/aws4_request'),
    (text) => text.replace('Credential=a/', 'Credential=AKIAIOSFODNN7EXAMPLE/'),
  ]
  let text = 'Nothing Credential=a SignedHeaders=a'
  const reasons = [text, ...mended.map((mend) => (text = mend(text)))].map((header) => {
    const verdict = verify(authorization(header), ecr)
    return verdict.valid ? 'valid' : verdict.message.slice(0, 30)
  })
  expect(reasons).toEqual([
    'Request is missing Authenticat',
    'Authorization header requires ',
    "'Host' must be a 'SignedHeader",
    "'X-Amz-Target' must be a 'Sign",
    "Unsupported AWS 'algorithm': '",
    'Credential must have exactly 5',
    'Credential should be scoped to',
    'The security token included in',
    'The request signature we calcu',
  ])
})

test('The date is checked before the signed headers', () => {
  expect(verify(withHeader(unsignedHost, 'x-amz-date', '201'), ecr)).toMatchObject({ code: incomplete })
  expect(verify(withHeader(unsignedHost, 'x-amz-date', '20261123T110000Z'), ecr)).toMatchObject({
    message: expect.stringContaining('Signature expired') as string,
  })
})
