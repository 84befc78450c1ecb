import { expect, test } from 'vitest'
import type { SignedRequest } from '../../src/sigv4/signed-request.js'
import { verify } from '../../src/sigv4/verify.js'

const empty = Buffer.alloc(0)
const date = '20150830T123600Z'
const now = new Date('2015-08-30T12:36:00Z')
const rules = {
  secretOf: (id: string) => (id === 'AKIDEXAMPLE' ? 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY' : undefined),
  service: 'service',
  now,
}

const bytes = (text: string) => Buffer.from(text).toString('latin1')

function request(method: string, path: string, signature: string, more: string[] = [], service = 'service') {
  const rawHeaders = ['Host', `${service === 'iam' ? 'iam' : 'example'}.amazonaws.com`, 'X-Amz-Date', date, ...more]
  const names = rawHeaders.filter((_, i) => i % 2 === 0).map((name) => name.toLowerCase())
  const signedHeaders = [...new Set(names)].sort().join(';')
  const authorization = `AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/${service}/aws4_request, SignedHeaders=${signedHeaders}, Signature=${signature}`
  return { method, path, headers: { 'x-amz-date': date, authorization }, rawHeaders, body: empty }
}

const vanilla = '5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31'
const post = '5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b'

test.each<[name: string, request: SignedRequest, service?: string]>([
  ['get-vanilla', request('GET', '/', vanilla)],
  ['get-relative', request('GET', '/example/..', vanilla)],
  ['get-relative-relative', request('GET', '/example1/example2/../..', vanilla)],
  ['get-slash', request('GET', '//', vanilla)],
  ['get-slash-dot-slash', request('GET', '/./', vanilla)],
  ['get-slashes', request('GET', '//example//', '9a624bd73a37c9a373b5312afbebe7a714a789de108f0bdfe846570885f57e84')],
  [
    'get-slash-pointless-dot',
    request('GET', '/./example', 'ef75d96142cf21edca26f06005da7988e4f8dc83a165a80865db7089db637ec5'),
  ],
  ['get-utf8', request('GET', bytes('/ሴ'), '8318018e0b0f223aa2bbf98705b62bb787dc9c0e678f255a891fd03141be5d85')],
  [
    'get-vanilla-utf8-query',
    request('GET', bytes('/?ሴ=bar'), '2cdec8eed098649ff3a119c94853b13c643bcf08f8b0a1d91e12c9027818dd04'),
  ],
  [
    'get-vanilla-empty-query-key',
    request('GET', '/?Param1=value1', 'a67d582fa61cc504c4bae71f336f98b97f1ea3c7a6bfe1b6e45aec72011b9aeb'),
  ],
  [
    'get-vanilla-query-order-key-case',
    request('GET', '/?Param2=value2&Param1=value1', 'b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500'),
  ],
  [
    'get-vanilla-query-unreserved',
    request(
      'GET',
      '/?-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz=-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz',
      '9c3e54bfcdf0b19771a7f523ee5669cdf59bc7cc0884027167c21bb143a40197',
    ),
  ],
  [
    'get-header-key-duplicate',
    request('GET', '/', 'c9d5ea9f3f72853aea855b47ea873832890dbdd183b4468f858259531a5138ea', [
      ...['My-Header1', 'value2', 'My-Header1', 'value2', 'My-Header1', 'value1'],
    ]),
  ],
  [
    'get-header-value-trim',
    request('GET', '/', 'acc3ed3afb60bb290fc8d2dd0098b9911fcaa05412b367055dee359757a9c736', [
      ...['My-Header1', ' value1', 'My-Header2', ' "a   b   c"'],
    ]),
  ],
  ['post-vanilla', request('POST', '/', post)],
  [
    'post-header-value-case',
    request('POST', '/', 'cdbc9802e29d2942e5e10b5bccfdd67c5f22c7c4e8ae67b53629efa58b974b7d', ['My-Header1', 'VALUE1']),
  ],
  [
    'ListUsers of the IAM guide',
    request(
      'GET',
      '/?Action=ListUsers&Version=2010-05-08',
      '5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7',
      ['Content-Type', 'application/x-www-form-urlencoded; charset=utf-8'],
      'iam',
    ),
    'iam',
  ],
])('The signature that AWS published for %s is accepted', (_, published, service = 'service') => {
  expect(verify(published, { ...rules, service })).toMatchObject({
    valid: true,
    accessKeyId: 'AKIDEXAMPLE',
    region: 'us-east-1',
    date,
  })
})

test('The signature that AWS published for the presigned ListUsers of the IAM guide is accepted', () => {
  const query = [
    'Action=ListUsers&Version=2010-05-08&X-Amz-Algorithm=AWS4-HMAC-SHA256',
    'X-Amz-Credential=AKIDEXAMPLE%2F20150830%2Fus-east-1%2Fiam%2Faws4_request',
    `X-Amz-Date=${date}&X-Amz-Expires=60&X-Amz-SignedHeaders=content-type%3Bhost`,
    'X-Amz-Signature=37ac2f4fde00b0ac9bd9eadeb459b1bbee224158d66e7ae5fcadb70b2d181d02',
  ].join('&')
  const headers = { host: 'iam.amazonaws.com', 'content-type': 'application/x-www-form-urlencoded; charset=utf-8' }
  expect(
    verify({ method: 'GET', path: `/?${query}`, headers, body: empty }, { ...rules, service: 'iam' }),
  ).toMatchObject({
    valid: true,
    service: 'iam',
  })
})
