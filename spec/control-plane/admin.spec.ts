import { GetAuthorizationTokenCommand } from '@aws-sdk/client-ecr'
import { request } from 'undici'
import { describe, expect, it } from 'vitest'
import { memoryKeyValue } from '../../src/adapters/memory/key-value.js'
import { systemClock } from '../../src/adapters/system/system-clock.js'
import { eventLog } from '../../src/registry/event-log.js'
import { StoreUnavailable } from '../../src/registry/ports/key-value.js'
import { installation } from '../../src/registry/registry.js'
import { newRepository } from '../../src/registry/repositories/repository.js'
import { storeOf } from '../../src/store/store-of.js'
import { account, now, region, startEmulator } from '../support/emulator.js'
import { queryCall } from '../support/query-call.js'
import { startRegistry } from '../support/registry.js'
import { createRule } from '../support/rules.js'

const json = { 'content-type': 'application/json' }

interface SessionAnswer {
  readonly GetSessionTokenResponse: {
    readonly GetSessionTokenResult: {
      readonly Credentials: Record<'AccessKeyId' | 'SecretAccessKey' | 'SessionToken', string>
    }
  }
}

async function post(url: string, body: unknown, headers: Record<string, string> = {}) {
  const answer = await request(url, { method: 'POST', headers: { ...json, ...headers }, body: JSON.stringify(body) })
  return { status: answer.statusCode, body: await answer.body.json() }
}

describe('POST /_admin/clock', () => {
  it('POST /_admin/clock advances the clock of the emulator but not that of signature checks', async () => {
    await using emulator = await startEmulator()
    const day = 86_400_000
    const moved = await post(`${emulator.endpoint}/_admin/clock`, { advanceSeconds: 86_400 })
    expect(moved).toEqual({ status: 200, body: { now: new Date(now.getTime() + day).toISOString() } })
    const { authorizationData } = await emulator.ecr.send(new GetAuthorizationTokenCommand({}))
    expect(authorizationData![0]!.expiresAt!.getTime()).toBe(now.getTime() + day + day / 2)
  })

  it.each([undefined, 'application/x-www-form-urlencoded', 'text/plain'])(
    'POST /_admin/clock reads the body as JSON whatever its content type: %s',
    async (type) => {
      await using emulator = await startEmulator()
      const options = {
        method: 'POST',
        body: '{"advanceSeconds":60}',
        ...(type && { headers: { 'content-type': type } }),
      }
      const answer = await request(`${emulator.endpoint}/_admin/clock`, options as { method: 'POST' })
      expect(await answer.body.json()).toEqual({ now: new Date(now.getTime() + 60_000).toISOString() })
    },
  )

  it.each([[{}], [{ advanceSeconds: '5' }], [{ advanceSeconds: -1 }], [[]]])(
    'POST /_admin/clock refuses %j and says what it accepts',
    async (body) => {
      await using emulator = await startEmulator()
      const refused = await post(`${emulator.endpoint}/_admin/clock`, body)
      expect(refused).toMatchObject({
        status: 400,
        body: { message: expect.stringContaining('advanceSeconds must be a number of seconds') },
      })
    },
  )

  it('POST /_admin/clock refuses a body that is not JSON with status 400', async () => {
    await using emulator = await startEmulator()
    const options = { method: 'POST', headers: json, body: '{' } as const
    const answer = await request(`${emulator.endpoint}/_admin/clock`, options)
    expect(answer.statusCode).toBe(400)
    expect(await answer.body.json()).toEqual({ message: 'The body must be JSON, in UTF-8 and of at most 100 kB' })
  })

  it.each([1e12, 1e300])(
    'POST /_admin/clock refuses to advance %d seconds, beyond the year 9999, and changes nothing',
    async (advanceSeconds) => {
      await using emulator = await startEmulator()
      expect(await post(`${emulator.endpoint}/_admin/clock`, { advanceSeconds })).toEqual({
        status: 400,
        body: { message: 'advanceSeconds must not advance the clock beyond the year 9999' },
      })
      expect(await emulator.deps.clock.now()).toEqual(now)
    },
  )
})

describe('GET /_admin/clock', () => {
  it('GET /_admin/clock returns the time of the emulator and how far it is ahead of the machine', async () => {
    await using emulator = await startEmulator()
    const read = async () => (await request(`${emulator.endpoint}/_admin/clock`)).body.json()
    const before = (await read()) as { now: string; advancedSeconds: number }
    expect(before).toEqual({ now: now.toISOString(), advancedSeconds: expect.any(Number) })
    await post(`${emulator.endpoint}/_admin/clock`, { advanceSeconds: 86_400 })
    const after = (await read()) as { now: string; advancedSeconds: number }
    expect(after.now).toBe(new Date(now.getTime() + 86_400_000).toISOString())
    expect(Math.abs(after.advancedSeconds - before.advancedSeconds - 86_400)).toBeLessThan(60)
  })
})

describe('GET /_admin', () => {
  it.each(['/_admin', '/_admin/'])('GET %s lists the admin endpoints', async (path) => {
    await using emulator = await startEmulator()
    const { statusCode, body } = await request(emulator.endpoint + path)
    const { endpoints } = (await body.json()) as { endpoints: { method: string; path: string; does: string }[] }
    expect(statusCode).toBe(200)
    expect(endpoints.map((endpoint) => `${endpoint.method} ${endpoint.path}`)).toEqual([
      ...[
        'GET /_admin',
        'GET /_admin/status',
        'GET /_admin/statistics',
        'GET /_admin/clock',
        'POST /_admin/clock',
        'POST /_admin/reset',
        'GET /_admin/events',
      ],
      ...[
        'GET /_admin/activity',
        'GET /_admin/roles',
        'GET /_admin/explain',
        'GET /_admin/cached-tags',
        'GET /_admin/accounts',
      ],
    ])
  })

  it('An unknown admin path is answered with 404 and a reference to GET /_admin', async () => {
    await using emulator = await startEmulator()
    const { statusCode, body } = await request(`${emulator.endpoint}/_admin/clok`)
    expect({ statusCode, body: await body.json() }).toEqual({
      ...{ statusCode: 404, body: { message: 'There is no /_admin/clok: GET /_admin lists the endpoints' } },
    })
  })

  it.each([
    ['GET', '/_admin/reset', 'POST'],
    ['PUT', '/_admin/clock', 'GET, POST'],
  ] as const)('The method %s is refused for %s, and the allowed methods are named', async (method, path, allow) => {
    await using emulator = await startEmulator()
    const { statusCode, headers, body } = await request(emulator.endpoint + path, { method })
    expect({ statusCode, allow: headers.allow }).toEqual({ statusCode: 405, allow })
    expect(await body.json()).toEqual({
      message: `${method} is not allowed for ${path}: send ${allow
        .split(', ')
        .map((right) => `${right} ${path}`)
        .join(' or ')}`,
    })
  })
})

describe('POST /_admin/reset', () => {
  it('POST /_admin/reset deletes all state', async () => {
    await using emulator = await startEmulator()
    const { store } = emulator.deps
    await store.repositories.insert({ account, region }, 'team/app', newRepository('team/app', now))
    expect((await post(`${emulator.endpoint}/_admin/reset`, {})).status).toBe(200)
    expect(await store.repositories.get({ account, region }, 'team/app')).toBeUndefined()
  })

  it('POST /_admin/reset ends the sessions issued while the clock was ahead, and no others', async () => {
    const store = storeOf(memoryKeyValue())
    const clock = systemClock(store)
    await using emulator = await startEmulator({ store, clock })
    const newSession = async () => {
      const members = { Action: 'GetSessionToken', Version: '2011-06-15' }
      const { text } = await queryCall(emulator.endpoint, { service: 'sts', members, accept: 'application/json' })
      const { GetSessionTokenResponse } = JSON.parse(text) as SessionAnswer
      const { AccessKeyId, SecretAccessKey, SessionToken } = GetSessionTokenResponse.GetSessionTokenResult.Credentials
      const key = { accessKeyId: AccessKeyId, secretAccessKey: SecretAccessKey, sessionToken: SessionToken }
      return () => emulator.clientWith(key).send(new GetAuthorizationTokenCommand({}))
    }
    const before = await newSession()
    await clock.advance(86_400)
    const ahead = await newSession()
    await ahead()
    await post(`${emulator.endpoint}/_admin/reset`, {})
    await expect(ahead()).rejects.toMatchObject({ name: 'ExpiredTokenException' })
    await before()
  })
})

describe('GET /_admin/events', () => {
  it('GET /_admin/events lists the actions of the cache in order, in the format of EventBridge', async () => {
    await using emulator = await startEmulator()
    const { cacheAction: record } = eventLog(emulator.deps)
    const rule = { ecrRepositoryPrefix: 'quay', upstreamRegistryUrl: 'quay.io' }
    const facts = { registry: { account, region }, repository: 'quay/app', rule, tag: 'v1', status: 'SUCCESS' as const }
    await record({ ...facts, action: 'import', outcome: 'imported' }, now)
    await record({ ...facts, action: 'check', outcome: 'unchanged' }, now)

    const { events } = (await (await request(`${emulator.endpoint}/_admin/events`)).body.json()) as {
      events: { detail: { action: string } }[]
    }
    expect(events.map(({ detail }) => detail.action)).toEqual(['import', 'check'])
    expect(events[0]).toMatchObject({
      'detail-type': 'ECR Pull Through Cache Action',
      source: 'aws.ecr',
      ...{ account, region, time: now.toISOString() },
      resources: [`arn:aws:ecr:${region}:${account}:repository/quay/app`],
      detail: { 'rule-version': '1', 'sync-status': 'SUCCESS', 'repository-name': 'quay/app', 'image-tag': 'v1' },
    })
  })
})

describe('GET /_admin/events with many events', () => {
  it('GET /_admin/events lists the last 10,000 events', async () => {
    await using emulator = await startEmulator()
    const { store } = emulator.deps
    const rule = { ecrRepositoryPrefix: 'quay', upstreamRegistryUrl: 'quay.io' }
    const facts = { registry: { account, region }, repository: 'quay/app', rule, status: 'SUCCESS' as const }
    await eventLog(emulator.deps).cacheAction({ ...facts, action: 'check', outcome: 'unchanged' }, now)
    const [event] = (await store.events.list(installation, { limit: 1 })).items
    for (let n = 0; n < 10_000; n++) {
      const id = `9999 ${String(n).padStart(5, '0')}`
      await store.events.put(installation, id, { ...event!, id })
    }

    const answer = await request(`${emulator.endpoint}/_admin/events`)
    const { events } = (await answer.body.json()) as { events: { id: string }[] }
    expect(events).toHaveLength(10_000)
    expect([events[0]?.id, events.at(-1)?.id]).toEqual(['9999 00000', '9999 09999'])
  })
})

describe('GET /_admin/roles', () => {
  it('GET /_admin/roles lists the service-linked role of each account that has created a rule', async () => {
    const developer = (key: string) => ({
      users: { developer: { accessKeys: { [key]: 'secret' }, policies: ['AmazonEC2ContainerRegistryFullAccess'] } },
    })
    const other = '210987654321'
    await using emulator = await startEmulator({
      accounts: { [account]: developer('AKIDEXAMPLE'), [other]: developer('AKIDOTHER') },
    })
    const roles = async () => (await request(`${emulator.endpoint}/_admin/roles`)).body.json()
    expect(await roles()).toEqual({ roles: [] })
    await emulator.as('AKIDOTHER').send(createRule())
    await emulator.ecr.send(createRule())
    await emulator.as('AKIDEXAMPLE', 'eu-west-1').send(createRule())
    const roleOf = (ofAccount: string) => ({
      ...{ account: ofAccount, roleName: 'AWSServiceRoleForECRPullThroughCache', createdAt: now.toISOString() },
      arn: `arn:aws:iam::${ofAccount}:role/aws-service-role/pullthroughcache.ecr.amazonaws.com/AWSServiceRoleForECRPullThroughCache`,
    })
    expect(await roles()).toEqual({ roles: [roleOf(account), roleOf(other)] })
  })
})

describe('admin endpoints', () => {
  it('An admin endpoint does not read the body of a request that it refuses', async () => {
    await using emulator = await startEmulator()
    const headers = { ...json, origin: 'https://evil.example' }
    const { statusCode } = await request(`${emulator.endpoint}/_admin/reset`, { method: 'POST', headers, body: '{' })
    expect(statusCode).toBe(403)
  })

  it('An admin endpoint does not reveal the details of an internal failure', async () => {
    await using emulator = await startEmulator({ adminAllowed: true })
    emulator.deps.store.clear = () => Promise.reject(new Error('secret detail'))
    const failed = await post(`${emulator.endpoint}/_admin/reset`, {})
    expect(failed).toEqual({ status: 500, body: { message: 'Internal failure' } })
  })

  it.each(['statistics', 'accounts', 'clock', 'events'])(
    'GET /_admin/%s is answered with 503 while the store does not answer',
    async (name) => {
      await using emulator = await startEmulator()
      const away = () => Promise.reject(new StoreUnavailable('Redis does not answer'))
      Object.assign(emulator.deps.store, { registries: away, statistics: { list: away }, events: { list: away } })
      Object.assign(emulator.deps.clock, { advance: away, now: away })
      const { statusCode, body } = await request(`${emulator.endpoint}/_admin/${name}`)
      expect([statusCode, await body.json()]).toEqual([503, { message: 'The store does not answer: the log says why' }])
    },
  )

  it.each([
    ['another origin', { origin: 'https://evil.example' }],
    ['a sandboxed page', { origin: 'null' }],
    ['a host name that merely resolves to this machine', { host: 'rebound.example' }],
    ['a host name that begins like a loopback address', { host: '127.0.0.1.evil.example' }],
    ['a page of another site that sends no origin', { 'sec-fetch-site': 'cross-site' }],
    ['a page from another port', { 'sec-fetch-site': 'same-site' }],
  ])('The admin endpoints refuse %s', async (_, headers) => {
    await using emulator = await startEmulator()
    const refused = await post(`${emulator.endpoint}/_admin/reset`, {}, headers)
    expect(refused.status).toBe(403)
    for (const path of ['events', 'explain', 'explain?requestId=x']) {
      const { statusCode } = await request(`${emulator.endpoint}/_admin/${path}`, { headers })
      expect(statusCode).toBe(403)
    }
  })

  it.each(['same-origin', 'none'])('Admin endpoints answer their own pages and the address bar: %s', async (site) => {
    await using emulator = await startEmulator()
    const { statusCode } = await request(`${emulator.endpoint}/_admin/events`, { headers: { 'sec-fetch-site': site } })
    expect(statusCode).toBe(200)
  })

  it.each(['localhost:4566', '127.0.0.1', '[::1]:4566'])('The admin endpoints answer to the host %s', async (host) => {
    await using emulator = await startEmulator()
    expect((await post(`${emulator.endpoint}/_admin/reset`, {}, { host })).status).toBe(200)
  })

  it('The admin endpoints do not exist when the emulator listens beyond loopback', async () => {
    await using emulator = await startEmulator({ adminAllowed: false })
    expect((await post(`${emulator.endpoint}/_admin/reset`, {})).status).toBe(404)
  })
})

describe('protection against other sites', () => {
  const foreign = { origin: 'https://evil.example' }
  const corsHeaders = (headers: object) => Object.keys(headers).filter((name) => name.startsWith('access-control-'))

  it.each([
    ['a successful answer', 200, 'GET', '/_admin/events', {}],
    ['a refused request', 400, 'POST', '/_admin/clock', {}],
    ['a refusal to another site', 403, 'POST', '/_admin/reset', foreign],
    ['an unknown admin path', 404, 'GET', '/_admin/nothing', {}],
    ['an unknown request id', 404, 'GET', '/_admin/explain?requestId=x', {}],
    ['an unknown path', 404, 'GET', '/v2/', {}],
    ['a health check', 200, 'GET', '/health', {}],
  ] as const)('Security headers are sent with %s', async (_, status, method, path, headers) => {
    await using emulator = await startEmulator()
    const answer = await request(emulator.endpoint + path, { method, headers })
    expect(answer.statusCode).toBe(status)
    expect(answer.headers).toMatchObject({
      'cache-control': 'no-store',
      'content-security-policy': "default-src 'none'; sandbox; frame-ancestors 'none'",
      'cross-origin-opener-policy': 'same-origin',
      'cross-origin-resource-policy': 'same-origin',
      'referrer-policy': 'no-referrer',
      'x-content-type-options': 'nosniff',
      'x-frame-options': 'DENY',
    })
    expect(corsHeaders(answer.headers)).toEqual([])
  })

  it('Security headers are sent even if there are no admin endpoints', async () => {
    await using emulator = await startEmulator({ adminAllowed: false })
    const { headers } = await request(`${emulator.endpoint}/_admin/events`)
    expect(headers['x-frame-options']).toBe('DENY')
  })

  it.each(['/', '/_admin/reset', '/_admin/explain', '/health'])('A CORS preflight of %s is refused', async (path) => {
    await using emulator = await startEmulator()
    const headers = { ...foreign, 'access-control-request-method': 'POST', 'access-control-request-headers': 'x' }
    const answer = await request(emulator.endpoint + path, { method: 'OPTIONS', headers })
    expect(answer.statusCode).toBeGreaterThanOrEqual(400)
    expect(corsHeaders(answer.headers)).toEqual([])
  })

  it('The answers of the API contain no CORS headers', async () => {
    await using emulator = await startEmulator()
    const seen: object[] = []
    emulator.ecr.middlewareStack.add(
      (next) => async (args) => {
        const result = await next(args)
        seen.push((result.response as { headers: object }).headers)
        return result
      },
      { step: 'build' },
    )
    await emulator.ecr.send(new GetAuthorizationTokenCommand({}))
    for (const [headers, status] of [
      [foreign, 403],
      [{}, 400],
    ] as const) {
      const refused = await request(`${emulator.endpoint}/`, { method: 'POST', headers, body: '{}' })
      expect(refused.statusCode).toBe(status)
      seen.push(refused.headers)
    }
    expect(seen.map(corsHeaders)).toEqual([[], [], []])
  })

  it('The answers of the registry contain no CORS headers', async () => {
    await using registry = await startRegistry()
    const preflight = { ...foreign, 'access-control-request-method': 'GET' }
    for (const [method, headers, status] of [
      ['GET', {}, 200],
      ['GET', foreign, 403],
      ['GET', { authorization: '' }, 401],
      ['OPTIONS', preflight, 403],
    ] as const) {
      const answer = await registry.send(method, '/v2/', { headers })
      expect({ status: answer.status, cors: corsHeaders(answer.headers) }).toEqual({ status, cors: [] })
    }
  })
})

describe('GET /health', () => {
  it('GET /health returns the status, the version, the store and whether signatures are checked', async () => {
    await using emulator = await startEmulator()
    const answer = await request(`${emulator.endpoint}/health`)
    expect(await answer.body.json()).toEqual({
      ...{ status: 'ok', plane: 'control', version: '0.0.0', store: 'memory', auth: 'strict' },
    })
  })
  it.each(['/health', '/v2/'])('The answer of %s has no request id', async (path) => {
    await using emulator = await startEmulator()
    expect((await request(emulator.endpoint + path)).headers).not.toHaveProperty('x-amzn-requestid')
  })
})
