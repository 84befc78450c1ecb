import aws4 from 'aws4'
import { request } from 'undici'
import { describe, expect, it } from 'vitest'
import { authorizer } from '../../src/access/authorizer.js'
import { decisionLog } from '../../src/access/explain/decision-log.js'
import { identitiesIn } from '../../src/access/identities.js'
import { memoryKeyValue } from '../../src/adapters/memory/key-value.js'
import { storeOf } from '../../src/store/store-of.js'
import { now, startEmulator } from '../support/emulator.js'
import { developer } from '../support/query-call.js'
import { targetOf } from '../support/raw-http.js'
import { registry, startRegistry } from '../support/registry.js'

type Auth = 'strict' | 'relaxed'
const modes: Auth[] = ['strict', 'relaxed']

function start(auth: Auth, adminAllowed = true) {
  if (auth === 'strict') return startEmulator({ adminAllowed })
  const [store, decisions, identities] = [storeOf(memoryKeyValue()), decisionLog(), identitiesIn(undefined, auth)]
  const authorize = authorizer({ store, identities, decisions })
  return startEmulator({ auth, store, decisions, identities, authorize, adminAllowed })
}

const form = 'Action=GetCallerIdentity&Version=2011-06-15'
const type = (value: string) => ({ 'content-type': value })

/** Calls that a web page can send with a well-known key such as `test`. */
const calls = {
  'an ECR call': {
    ...{ method: 'POST', path: '/', service: 'ecr', body: '{}' },
    headers: { ...type('application/x-amz-json-1.1'), 'x-amz-target': targetOf('GetAuthorizationToken') },
  },
  'an STS form': {
    ...{ method: 'POST', path: '/', service: 'sts', body: form },
    headers: type('application/x-www-form-urlencoded'),
  },
  'a signed URL': {
    ...{ method: 'GET', path: `/?${form}&X-Amz-Expires=60`, service: 'sts', signQuery: true, body: '' },
    headers: {},
  },
}

/** Sends a correctly signed call, to the given host name if there is one. */
async function send(endpoint: string, name: keyof typeof calls, { host, ...added }: Record<string, string> = {}) {
  const call = { ...calls[name], host: host ?? new URL(endpoint).host, region: 'us-east-1' }
  const { headers, path } = aws4.sign({ ...call, headers: { ...call.headers, host: call.host } }, developer)
  const answer = await request(endpoint + path, {
    method: call.method as 'GET' | 'POST',
    headers: { ...(headers as Record<string, string>), ...added },
    ...(call.method === 'POST' && { body: call.body }),
  })
  return { status: answer.statusCode, headers: answer.headers, text: await answer.body.text() }
}

const everyCall = modes.flatMap((auth) => Object.keys(calls).map((name) => [auth, name as keyof typeof calls] as const))
const pages: [string, Record<string, string>][] = [
  ['of another site', { origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' }],
  ['that sends no origin', { 'sec-fetch-site': 'cross-site' }],
  ['that is sandboxed', { origin: 'null' }],
  ['of another port', { 'sec-fetch-site': 'same-site' }],
  ['of the same origin', { 'sec-fetch-site': 'same-origin' }],
  ['with a rebound host name', { host: 'rebound.example:4566', origin: 'http://rebound.example:4566' }],
]

describe.each(everyCall)('%s authentication, %s', (auth, name) => {
  it('A call that does not come from a web page is answered', async () => {
    await using emulator = await start(auth)
    expect((await send(emulator.endpoint, name)).status).toBe(200)
  })

  it.each(pages)('A call from a page %s is refused', async (_, headers) => {
    await using emulator = await start(auth)
    const refused = await send(emulator.endpoint, name, headers)
    expect(refused).toMatchObject({
      ...{ status: 403, text: expect.stringContaining('{"message":"Web pages may not call the API') },
      headers: { 'x-content-type-options': 'nosniff', 'content-type': 'application/json' },
    })
    expect(emulator.deps.decisions.find(String(refused.headers['x-amzn-requestid']))?.end).toMatchObject({
      ...{ at: now.getTime(), operation: name === 'an ECR call' ? 'GetAuthorizationToken' : 'sts' },
      refusal: { code: 'AccessDeniedException' },
    })
  })
})

describe.each(modes)('presigned GET without browser headers, %s authentication', (auth) => {
  it.each(['rebound.example:4566', 'localhost.rebound.example', 'localhost.'])(
    'A GET to the foreign host name %s is refused as one from a web page',
    async (host) => {
      await using emulator = await start(auth)
      expect((await send(emulator.endpoint, 'a signed URL', { host })).status).toBe(403)
    },
  )

  it.each(['localhost:4566', '127.0.0.1', '[::1]:4566', 'sts.us-east-1.localhost:4566'])(
    'A GET to the host name %s is not taken for one from a web page',
    async (host) => {
      await using emulator = await start(auth)
      expect((await send(emulator.endpoint, 'a signed URL', { host })).status).toBe(200)
    },
  )

  it('A GET to any host name is answered when the emulator listens beyond loopback', async () => {
    await using emulator = await start(auth, false)
    expect((await send(emulator.endpoint, 'a signed URL', { host: 'ecr.internal:4566' })).status).toBe(200)
  })
})

describe('program', () => {
  it('A program that uses fetch is not taken for a web page', async () => {
    await using emulator = await start('strict')
    const answer = await fetch(`${emulator.endpoint}/`, { method: 'POST', body: '{}' })
    expect(await answer.json()).toEqual({ __type: 'UnknownOperationException' })
  })

  it('A program may call the API by any host name', async () => {
    await using emulator = await start('strict')
    expect((await send(emulator.endpoint, 'an ECR call', { host: 'ecr.internal:4566' })).status).toBe(200)
  })
})

describe('registry and web pages', () => {
  it.each(pages.filter(([, headers]) => headers['sec-fetch-site'] !== 'same-origin'))(
    'The registry refuses a page %s and does not ask for a login',
    async (_, headers) => {
      await using running = await startRegistry()
      await running.createRepository('app')
      for (const [method, path] of [
        ['GET', '/v2/app/tags/list'],
        ['POST', '/v2/app/blobs/uploads/'],
        ['DELETE', '/v2/app/manifests/latest'],
        ['OPTIONS', '/v2/'],
      ] as const) {
        const refused = await running.send(method, path, { headers })
        expect([refused.status, refused.headers['www-authenticate']]).toEqual([403, undefined])
      }
      expect((await running.deps.store.uploads.list(registry, { limit: 1 })).items).toEqual([])
    },
  )

  it.each(['none', 'same-origin'])(
    'The registry answers the address bar and a user interface behind its proxy: %s',
    async (site) => {
      await using running = await startRegistry()
      await running.createRepository('app')
      const headers = { 'sec-fetch-site': site }
      expect((await running.send('GET', '/v2/app/tags/list', { headers })).status).toBe(200)
      const writing = { ...headers, origin: `http://${running.host}` }
      expect((await running.send('POST', '/v2/app/blobs/uploads/', { headers: writing })).status).toBe(403)
    },
  )
})
