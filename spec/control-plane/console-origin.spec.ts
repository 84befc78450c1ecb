import aws4 from 'aws4'
import { Agent, request } from 'undici'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { authorizer } from '../../src/access/authorizer.js'
import { decisionLog } from '../../src/access/explain/decision-log.js'
import { identitiesIn } from '../../src/access/identities.js'
import { memoryKeyValue } from '../../src/adapters/memory/key-value.js'
import { authorityCertificate, newKey } from '../../src/adapters/x509/issue.js'
import { storeOf } from '../../src/store/store-of.js'
import { now, startEmulator } from '../support/emulator.js'
import { developer } from '../support/query-call.js'
import { rawAnswers, targetOf } from '../support/raw-http.js'
import { wholeEmulator } from '../support/whole-emulator.js'

/** Header lines as they are sent, in their order, because a name may stand twice. */
type Lines = readonly (readonly [name: string, value: string])[]

interface Sent {
  readonly method?: string
  readonly target?: string
  readonly body?: string
}

/** Sends a request that need not be one that a client would send. */
async function send(endpoint: string, lines: Lines, { method = 'POST', target = '/', body = '' }: Sent = {}) {
  const head = [
    `${method} ${target} HTTP/1.1`,
    ...lines.map(([name, value]) => `${name}: ${value}`),
    `Content-Length: ${Buffer.byteLength(body)}`,
    'Connection: close',
  ]
  const [answer] = await rawAnswers(endpoint, Buffer.from(`${head.join('\r\n')}\r\n\r\n${body}`, 'latin1'))
  return { status: answer?.status, headers: answer?.headers ?? {}, body: answer?.body ?? '' }
}

/** An ECR call that anyone who knows the key of the developer can sign. */
function ecrCall(host: string): Lines {
  const { headers } = aws4.sign(
    {
      ...{ method: 'POST', path: '/', service: 'ecr', region: 'us-east-1', host, body: '' },
      headers: { 'Content-Type': 'application/x-amz-json-1.1', 'X-Amz-Target': targetOf('DescribeRepositories') },
    },
    developer,
  )
  const isSentApart = (name: string) => name === 'Content-Length' || name === 'Host'
  return Object.entries(headers as Record<string, string>).filter(([name]) => !isSentApart(name))
}

/** A call with these headers of a browser, to a host. */
const call = (host: string, origin: string | undefined, site?: string, ...others: Lines): Lines => [
  ['Host', host],
  ...ecrCall(host),
  ...(origin === undefined ? [] : [['Origin', origin] as const]),
  ...(site === undefined ? [] : [['Sec-Fetch-Site', site] as const]),
  ...others,
]

const own = 'http://localhost:4566'
const refused = { status: 403, body: expect.stringMatching(/^{"message":"Web pages may not call the API[^"]*"}$/) }

const ofTheConsole: [string, Lines][] = [
  ['at localhost', call('localhost:4566', own, 'same-origin')],
  ['of a browser without Sec-Fetch-Site', call('localhost:4566', own)],
  ['behind a proxy that ends TLS', call('localhost', 'https://localhost', 'same-origin')],
  ['at a name under localhost', call('ecr.localhost:4566', 'http://ecr.localhost:4566', 'same-origin')],
  ['at 127.0.0.1', call('127.0.0.1:4566', 'http://127.0.0.1:4566', 'same-origin')],
  ['at another IPv4 address', call('192.168.7.9:4566', 'http://192.168.7.9:4566')],
  ['at an IPv6 address', call('[::1]:4566', 'http://[::1]:4566', 'same-origin')],
  ['at a global IPv6 address', call('[2001:db8::7]:4566', 'http://[2001:db8::7]:4566')],
  ['at a name of consoleHosts', call('ecr.internal:4566', 'http://ecr.internal:4566')],
  ['at a name of consoleHosts in other case', call('ECR.internal', 'https://ECR.internal', 'same-origin')],
  [
    'with X-Forwarded-Host and Forwarded, which do not matter',
    call(
      'localhost:4566',
      own,
      'same-origin',
      ['X-Forwarded-Host', 'evil.example'],
      ['Forwarded', 'host=evil.example;proto=https'],
    ),
  ],
]

const ofOtherPages: [string, Lines][] = [
  ['of another site', call('localhost:4566', 'https://evil.example', 'cross-site')],
  ['of another site in a browser without Sec-Fetch-Site', call('localhost:4566', 'https://evil.example')],
  ['of another port', call('localhost:4566', 'http://localhost:8080', 'same-site')],
  ['of the default port', call('localhost:4566', 'http://localhost', 'same-site')],
  ['of another loopback name', call('localhost:4566', 'http://127.0.0.1:4566', 'cross-site')],
  ['of a browser extension', call('localhost:4566', 'chrome-extension://localhost:4566')],
  ['of another scheme', call('localhost:4566', 'ftp://localhost:4566')],
  ['that is sandboxed', call('localhost:4566', 'null', 'same-origin')],
  ['that is sandboxed, in a browser without Sec-Fetch-Site', call('localhost:4566', 'null')],
  ['without an Origin', call('localhost:4566', undefined, 'same-origin')],
  ['with an empty Origin', call('localhost:4566', '', 'same-origin')],
  ['of the same site', call('localhost:4566', own, 'same-site')],
  ['of another site that shows our Origin', call('localhost:4566', own, 'cross-site')],
  ['of the address bar, which sends no POST', call('localhost:4566', own, 'none')],
  ['with an unknown Sec-Fetch-Site', call('localhost:4566', own, 'same-origin-ish')],
  ['with Sec-Fetch-Site in other case', call('localhost:4566', own, 'Same-Origin')],
  ['whose Origin ends with a slash', call('localhost:4566', `${own}/`, 'same-origin')],
  ['whose Origin has our host as a user', call('localhost:4566', `${own}@evil.example`, 'same-origin')],
  ['whose Origin has a user', call('localhost:4566', 'http://evil@localhost:4566', 'same-origin')],
  ['whose Origin is in other case', call('localhost:4566', 'http://LOCALHOST:4566', 'same-origin')],
  ['whose Origin has a trailing dot', call('localhost:4566', 'http://localhost.:4566', 'same-origin')],
  ['with two Origins, ours first', call('localhost:4566', own, 'same-origin', ['Origin', 'https://evil.example'])],
  ['with two Origins, ours last', call('localhost:4566', 'https://evil.example', 'same-origin', ['Origin', own])],
  ['with our Origin twice', call('localhost:4566', own, 'same-origin', ['Origin', own])],
  ['with a list of Origins', call('localhost:4566', `${own} https://evil.example`, 'same-origin')],
  ['with two Sec-Fetch-Site', call('localhost:4566', own, 'same-origin', ['Sec-Fetch-Site', 'cross-site'])],
  ['with a second Host', call('localhost:4566', own, 'same-origin', ['Host', 'evil.example'])],
  ['with our Host second', [['Host', 'evil.example'], ...call('localhost:4566', own, 'same-origin')]],
  ['whose Host is a list', call('localhost:4566, evil.example', own, 'same-origin')],
  ...[
    'rebound.example:4566',
    'localhost.evil.example:4566',
    'localhost.:4566',
    '127.0.0.1.evil.example',
    '127.0.0.1.:4566',
    '127.1:4566',
    '0x7f.0.0.1',
    '2130706433',
    '[::1].evil.example',
    '[::1%25eth0]:4566',
    '[localhost]:4566',
    '::1',
    'evil.example/.localhost',
    'evil.example#.localhost',
    'localhost:4566@evil.example',
    'evil.example\\.localhost',
    'localhost:4566:4566',
    'other.ecr.internal',
    'ecr.internal.evil.example',
    'ecr.internal.',
    'xn--localhost',
  ].map((host): [string, Lines] => [`at the host ${host}`, call(host, `http://${host}`, 'same-origin')]),
  [
    'at a rebound host behind X-Forwarded-Host and Forwarded',
    call(
      'rebound.example',
      'http://rebound.example',
      'same-origin',
      ['X-Forwarded-Host', 'localhost:4566'],
      ['Forwarded', 'host=localhost'],
    ),
  ],
  [
    'whose Origin is that of X-Forwarded-Host',
    call('localhost:4566', own + '0', 'same-origin', ['X-Forwarded-Host', own]),
  ],
]

function relaxedAccess() {
  const [store, decisions, identities] = [storeOf(memoryKeyValue()), decisionLog(), identitiesIn(undefined, 'relaxed')]
  return {
    auth: 'relaxed' as const,
    store,
    decisions,
    identities,
    authorize: authorizer({ store, identities, decisions }),
  }
}

type Running = Awaited<ReturnType<typeof startEmulator>>
const consoleHosts = new Set(['ecr.internal'])

describe.each(['strict', 'relaxed'] as const)('API and web pages, %s authentication', (auth) => {
  let emulator: Running
  beforeAll(async () => {
    emulator = await startEmulator({ consoleHosts, ...(auth === 'relaxed' && relaxedAccess()) })
  })
  afterAll(() => emulator[Symbol.asyncDispose]())

  it.each(ofTheConsole)('A call of the console %s is answered', async (_, lines) => {
    const answer = await send(emulator.endpoint, lines)
    expect(answer).toMatchObject({ status: 200, body: '{"repositories":[]}' })
    expect(Object.keys(answer.headers).filter((name) => name.startsWith('access-control-'))).toEqual([])
  })

  it.each(ofOtherPages)('A call of a page %s is refused', async (_, lines) => {
    expect(await send(emulator.endpoint, lines)).toMatchObject(refused)
  })

  it('The refusal at a name that could be rebound says which setting allows it', async () => {
    const lines = call('ecr.example:4566', 'http://ecr.example:4566', 'same-origin')
    expect((await send(emulator.endpoint, lines)).body).toBe(
      '{"message":"Web pages may not call the API: for the console at ecr.example add that name to the setting consoleHosts"}',
    )
  })

  it('A presigned URL is refused to every page, the console included', async () => {
    const target = '/?Action=GetCallerIdentity&Version=2011-06-15&X-Amz-Signature=0'
    for (const lines of [
      call('localhost:4566', own, 'same-origin'),
      call('localhost:4566', undefined, 'same-origin'),
      call('localhost:4566', undefined, 'none'),
    ])
      expect(await send(emulator.endpoint, lines, { method: 'GET', target })).toMatchObject(refused)
  })

  it.each(['HEAD', 'OPTIONS', 'PUT', 'TRACE'])('%s is no call, and answered without CORS headers', async (method) => {
    const lines = call('localhost:4566', own, 'same-origin', ['Access-Control-Request-Method', 'POST'])
    const { status, headers } = await send(emulator.endpoint, lines, { method })
    expect(status).toBe(404)
    expect(Object.keys(headers).filter((name) => name.startsWith('access-control-'))).toEqual([])
  })

  it('A request with the address of a proxy request is no call', async () => {
    const lines = call('localhost:4566', own, 'same-origin')
    for (const target of ['http://localhost:4566/', 'http://evil.example/', '//localhost/', '/./'])
      expect((await send(emulator.endpoint, lines, { target })).status).toBe(404)
  })
})

describe('API over TLS and on one or two ports', () => {
  it('Over TLS only an Origin of https is our own', async () => {
    const key = newKey()
    const cert = await authorityCertificate('localhost', key, new Date())
    await using emulator = await startEmulator({ tls: { cert, key } })
    const dispatcher = new Agent({ connect: { rejectUnauthorized: false } })
    const statusFor = async (origin: string) => {
      const headers = { ...Object.fromEntries(ecrCall('localhost:4566')), host: 'localhost:4566', origin }
      const url = emulator.endpoint.replace('http:', 'https:')
      const answer = await request(url, { method: 'POST', headers, dispatcher })
      await answer.body.dump()
      return answer.statusCode
    }
    expect([await statusFor('https://localhost:4566'), await statusFor('http://localhost:4566')]).toEqual([200, 403])
    await dispatcher.close()
  })

  it.each([
    ['one port', {}],
    ['two ports', { registryPort: 0 }],
  ])('With both planes on %s the console may call the API, and other pages may not', async (_, ports) => {
    await using emulator = await wholeEmulator({ ...ports, consoleHosts: ['Ecr.Internal'] })
    const { host } = new URL(emulator.endpoint)
    const statusFor = async (origin: string, at = host) =>
      (await send(emulator.endpoint, call(at, origin, 'same-origin'))).status
    // The key is none of this emulator: the refusal comes after the one of web pages.
    expect(await statusFor(emulator.endpoint)).toBe(400)
    expect(await statusFor('http://ecr.internal', 'ecr.internal')).toBe(400)
    expect(await statusFor(`http://${emulator.registry}`)).toBe(emulator.registry === host ? 400 : 403)
    expect(await statusFor('http://localhost:1')).toBe(403)
    const toRegistry = { method: 'POST', target: '/v2/app/blobs/uploads/' }
    const registry = `http://${emulator.registry}`
    expect(await send(registry, call(host, registry, 'same-origin'), toRegistry)).toMatchObject({ status: 403 })
  })
})

/** Requests of pages to the admin endpoints. A GET within one origin has no Origin. */
const adminRequests: [string, Lines, { readonly answered: boolean; readonly answeredWithToken?: boolean }][] = [
  ['a GET of the console', call('localhost:4566', undefined, 'same-origin'), { answered: true }],
  ['a POST of the console', call('localhost:4566', own, 'same-origin'), { answered: true }],
  ['a GET of the console at an address', call('[::1]:4566', undefined, 'same-origin'), { answered: true }],
  ['the address bar', call('localhost:4566', undefined, 'none'), { answered: true }],
  ['a link or an image of another site', call('localhost:4566', undefined, 'cross-site'), { answered: false }],
  ['a link or an image of another port', call('localhost:4566', undefined, 'same-site'), { answered: false }],
  ['a form of another site', call('localhost:4566', 'https://evil.example', 'cross-site'), { answered: false }],
  ['a form of a sandboxed frame', call('localhost:4566', 'null', 'cross-site'), { answered: false }],
  ['a form of another port', call('localhost:4566', 'http://localhost:1'), { answered: false }],
  ['a page with two Origins', call('localhost:4566', own, undefined, ['Origin', own]), { answered: false }],
  ['a page with two Hosts', call('localhost:4566', own, undefined, ['Host', 'evil.example']), { answered: false }],
  [
    'a page at a rebound name',
    call('rebound.example', 'http://rebound.example', 'same-origin'),
    { answered: false, answeredWithToken: true },
  ],
  [
    'a page at a rebound name that sends no Origin',
    call('rebound.example', undefined),
    { answered: false, answeredWithToken: true },
  ],
  [
    'the console at a name of consoleHosts',
    call('ecr.internal', 'https://ecr.internal', 'same-origin'),
    { answered: false, answeredWithToken: true },
  ],
]

describe('admin endpoints and web pages', () => {
  const adminToken = 'the-token-of-the-spec'
  const bearer = ['Authorization', `Bearer ${adminToken}`] as const
  const withoutSignature = (lines: Lines) => lines.filter(([name]) => name !== 'Authorization')
  const ask = (endpoint: string, lines: Lines) => {
    const isPost = lines.some(([name]) => name === 'Origin')
    const sent = isPost ? { method: 'POST', target: '/_admin/clock', body: '{"advanceSeconds":0}' } : GET_CLOCK
    return send(endpoint, withoutSignature(lines), sent)
  }
  const GET_CLOCK = { method: 'GET', target: '/_admin/clock' }
  let open: Running
  let guarded: Running
  beforeAll(async () => {
    open = await startEmulator({ consoleHosts })
    guarded = await startEmulator({ consoleHosts, adminToken })
  })
  afterAll(async () => {
    await open[Symbol.asyncDispose]()
    await guarded[Symbol.asyncDispose]()
  })

  it.each(adminRequests)('%s: %j', async (_, lines, { answered, answeredWithToken = answered }) => {
    expect((await ask(open.endpoint, lines)).status).toBe(answered ? 200 : 403)
    const tokenless = await ask(guarded.endpoint, lines)
    expect(tokenless.status).toBe(answeredWithToken ? 401 : 403)
    const withToken = await send(guarded.endpoint, [...withoutSignature(lines), bearer], GET_CLOCK)
    expect(withToken.status).toBe(answeredWithToken ? 200 : 403)
  })

  it('A form that posts JSON as plain text advances no clock', async () => {
    const lines = call('localhost:4566', 'https://evil.example', 'cross-site', ['Content-Type', 'text/plain'])
    const advance = { method: 'POST', target: '/_admin/clock', body: '{"advanceSeconds":86400}' }
    expect((await send(open.endpoint, withoutSignature(lines), advance)).status).toBe(403)
    expect(JSON.parse((await ask(open.endpoint, [['Host', 'localhost']])).body)).toMatchObject({
      now: now.toISOString(),
    })
  })

  it('An address of a proxy request does not stand for the Host', async () => {
    const rebound = [['Host', 'rebound.example']] as const
    const target = 'http://localhost:4566/_admin/clock'
    expect((await send(open.endpoint, rebound, { method: 'GET', target })).status).toBe(403)
  })

  it.each(['HEAD', 'OPTIONS'])('%s of an admin endpoint is answered without CORS headers', async (method) => {
    const lines = call('localhost:4566', own, 'same-origin', ['Access-Control-Request-Method', 'POST'])
    const { headers } = await send(open.endpoint, withoutSignature(lines), { method, target: '/_admin/clock' })
    expect(Object.keys(headers).filter((name) => name.startsWith('access-control-'))).toEqual([])
    expect(headers).toMatchObject({ 'x-frame-options': 'DENY' })
  })
})
