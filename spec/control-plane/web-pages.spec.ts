import aws4 from 'aws4'
import { request } from 'undici'
import { describe, expect, it } from 'vitest'
import { authorizer } from '../../src/access/authorizer.js'
import { decisionLog } from '../../src/access/explain/decision-log.js'
import { identitiesIn } from '../../src/access/identities.js'
import { memoryKeyValue } from '../../src/adapters/memory/key-value.js'
import { storeOf } from '../../src/store/store.js'
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

/** What a page can send that knows a key, as everybody knows `test`. */
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

/** A rightly signed call, for the host name that is asked. */
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
  ['that does not tell its origin', { 'sec-fetch-site': 'cross-site' }],
  ['that is sandboxed', { origin: 'null' }],
  ['of another port', { 'sec-fetch-site': 'same-site' }],
  ['of the same origin', { 'sec-fetch-site': 'same-origin' }],
  ['with a host name that was pointed here', { host: 'rebound.example:4566', origin: 'http://rebound.example:4566' }],
]

describe.each(everyCall)('where signatures are %s, %s', (auth, name) => {
  it('is answered when no page sends it', async () => {
    await using emulator = await start(auth)
    expect((await send(emulator.endpoint, name)).status).toBe(200)
  })

  it.each(pages)('is refused to a page %s', async (_, headers) => {
    await using emulator = await start(auth)
    const refused = await send(emulator.endpoint, name, headers)
    expect(refused).toMatchObject({
      ...{ status: 403, text: '{"message":"Web pages may not call the API"}' },
      headers: { 'x-content-type-options': 'nosniff', 'content-type': 'application/json' },
    })
    expect(emulator.deps.decisions.find(String(refused.headers['x-amzn-requestid']))?.end).toMatchObject({
      ...{ at: now.getTime(), operation: name === 'an ECR call' ? 'GetAuthorizationToken' : 'sts' },
      refusal: { code: 'AccessDeniedException' },
    })
  })
})

describe.each(modes)('a GET of a page of which the browser says nothing, signatures %s', (auth) => {
  it.each(['rebound.example:4566', 'localhost.rebound.example', 'localhost.'])(
    'is told by the host name: %s',
    async (host) => {
      await using emulator = await start(auth)
      expect((await send(emulator.endpoint, 'a signed URL', { host })).status).toBe(403)
    },
  )

  it.each(['localhost:4566', '127.0.0.1', '[::1]:4566', 'sts.us-east-1.localhost:4566'])(
    'is not mistaken for one at %s',
    async (host) => {
      await using emulator = await start(auth)
      expect((await send(emulator.endpoint, 'a signed URL', { host })).status).toBe(200)
    },
  )

  it('cannot be told where the emulator has any name: away from loopback', async () => {
    await using emulator = await start(auth, false)
    expect((await send(emulator.endpoint, 'a signed URL', { host: 'ecr.internal:4566' })).status).toBe(200)
  })
})

describe('a program', () => {
  it('is no page for using fetch', async () => {
    await using emulator = await start('strict')
    const answer = await fetch(`${emulator.endpoint}/`, { method: 'POST', body: '{}' })
    expect(await answer.json()).toEqual({ __type: 'UnknownOperationException' })
  })

  it('calls by any host name', async () => {
    await using emulator = await start('strict')
    expect((await send(emulator.endpoint, 'an ECR call', { host: 'ecr.internal:4566' })).status).toBe(200)
  })
})

describe('the registry, whose token a browser may have kept', () => {
  it.each(pages.filter(([, headers]) => headers['sec-fetch-site'] !== 'same-origin'))(
    'refuses a page %s, with nothing to log in to',
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
    'answers the address bar and a user interface behind its proxy: %s',
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
