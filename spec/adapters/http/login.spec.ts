import { describe, expect, it } from 'vitest'
import { faultyUpstream } from '../../support/faulty-upstream.js'
import { html, redirect, stall, status, tooManyRequests } from '../../support/upstream-faults.js'
import { pullingAccount, pullingFrom } from '../../support/upstream-pulling.js'

const credentials = { username: 'ann', accessToken: 's:e:cret' }
const users = { ann: 's:e:cret' }
const basic = `Basic ${Buffer.from('ann:s:e:cret').toString('base64')}`

describe('Token authentication', () => {
  it('A token is requested for pulling from the repository only, whatever scope the challenge names', async () => {
    await using upstream = await faultyUpstream({
      login: { scheme: 'Bearer', service: 'a, b', scopeInChallenge: 'repository:user/image:pull,push' },
    })
    const image = upstream.addImage('team/app', { tag: 'latest' })
    await using pulling = pullingFrom(upstream)
    expect(await pulling.registry.resolve('team/app', 'latest')).toBe(image.digest)
    const token = upstream.requests.find(({ path }) => path.startsWith('/token'))
    expect(Object.fromEntries(new URL(token?.path ?? '', upstream.url).searchParams)).toEqual({
      service: 'a, b',
      scope: 'repository:team/app:pull',
    })
    expect(token?.headers.authorization).toBeUndefined()
  })

  it('One token per repository is requested, however many requests wait for it', async () => {
    await using upstream = await faultyUpstream({ login: { scheme: 'Bearer' } })
    upstream.addImage('one', { tag: 'latest' })
    upstream.addImage('two', { tag: 'latest' })
    const lift = upstream.fault('GET /token', stall())
    await using pulling = pullingFrom(upstream, { limits: { requestsAtOnce: 1000 } })
    const pulls = Array.from({ length: 64 }, (_, index) =>
      pulling.registry.manifest(index % 2 ? 'one' : 'two', 'latest'),
    )
    await upstream.asked('GET /token', 2)
    await upstream.asked('GET /v2/', 64)
    lift()
    upstream.release()
    await Promise.all(pulls)
    expect(upstream.count('GET /token')).toBe(2)
  })

  it('A token is used until shortly before it expires and then replaced', async () => {
    await using upstream = await faultyUpstream({ login: { scheme: 'Bearer', expiresInSeconds: 300 } })
    upstream.addImage('app', { tag: 'latest' })
    await using pulling = pullingFrom(upstream)
    await pulling.registry.resolve('app', 'latest')
    pulling.advance(269_000)
    await pulling.registry.resolve('app', 'latest')
    expect(upstream.count('GET /token')).toBe(1)
    pulling.advance(1_000)
    await pulling.registry.resolve('app', 'latest')
    expect(upstream.count('GET /token')).toBe(2)
    expect(upstream.count('HEAD /v2/')).toBe(4)
  })

  it('A token without a lifetime is used for about a minute', async () => {
    await using upstream = await faultyUpstream({
      login: { scheme: 'Bearer', expiresInSeconds: null, tokenField: 'access_token' },
    })
    upstream.addImage('app', { tag: 'latest' })
    await using pulling = pullingFrom(upstream)
    await pulling.registry.resolve('app', 'latest')
    pulling.advance(53_000)
    await pulling.registry.resolve('app', 'latest')
    expect(upstream.count('GET /token')).toBe(1)
    pulling.advance(2_000)
    await pulling.registry.resolve('app', 'latest')
    expect(upstream.count('GET /token')).toBe(2)
  })

  it.each([401, 400] as const)(
    'A request that an expired token makes fail with %i is repeated once with a new token',
    async (expiredAs) => {
      await using upstream = await faultyUpstream({ login: { scheme: 'Bearer', expiredAs } })
      const image = upstream.addImage('app', { tag: 'latest' })
      await using pulling = pullingFrom(upstream)
      await pulling.registry.resolve('app', 'latest')
      for (const method of ['HEAD', 'GET']) {
        upstream.expireTokens()
        if (method === 'HEAD') expect(await pulling.registry.resolve('app', 'latest')).toBe(image.digest)
        else expect((await pulling.registry.manifest('app', 'latest')).bytes).toEqual(image.bytes)
      }
      expect(upstream.count('GET /token')).toBe(3)
      expect(upstream.count('HEAD /v2/')).toBe(4)
      expect(upstream.count('GET /v2/')).toBe(2)
    },
  )

  it('One new token is requested when many pulls find theirs expired', async () => {
    await using upstream = await faultyUpstream({ login: { scheme: 'Bearer' } })
    const image = upstream.addImage('app', { tag: 'latest' })
    await using pulling = pullingFrom(upstream)
    await pulling.registry.resolve('app', 'latest')
    upstream.expireTokens()
    await Promise.all(Array.from({ length: 32 }, () => pulling.registry.manifest('app', image.digest)))
    expect(upstream.count('GET /token')).toBe(2)
  })

  it('A registry that refuses the new token, too, denies access', async () => {
    await using upstream = await faultyUpstream({ login: { scheme: 'Bearer' } })
    upstream.fault('GET /v2/app/', status(401, { error: 'UNAUTHORIZED', message: 'no' }))
    await using pulling = pullingFrom(upstream)
    await expect(pulling.registry.manifest('app', 'latest')).rejects.toMatchObject({
      kind: 'access-denied',
      answered: true,
      message:
        'The upstream registry registry.example answered the request for app:latest with 401 Unauthorized, UNAUTHORIZED: no.',
    })
    expect(upstream.count('GET /v2/app/')).toBe(2)
  })
})

describe('The token service', () => {
  it('The token service of the registry itself receives the credentials', async () => {
    await using upstream = await faultyUpstream({ login: { scheme: 'Bearer', users } })
    const image = upstream.addImage('app', { tag: 'latest' })
    await using pulling = pullingFrom(upstream, { credentials })
    expect(await pulling.registry.resolve('app', 'latest')).toBe(image.digest)
    expect(upstream.requests.map(({ headers }) => headers.authorization)).toEqual([undefined, basic, 'Bearer token-1'])
  })

  it('A token service on another site does not receive the credentials', async () => {
    await using service = await faultyUpstream({ login: { scheme: 'Bearer' } })
    await using upstream = await faultyUpstream({ login: { scheme: 'Bearer', realm: `${service.localhostUrl}/token` } })
    await using pulling = pullingFrom(upstream, {
      credentials,
      endpoints: { 'auth.example': { endpoint: service.localhostUrl } },
    })
    await expect(pulling.registry.resolve('app', 'latest')).rejects.toMatchObject({ kind: 'access-denied' })
    expect(service.count('GET /token')).toBe(1)
    expect(service.requests.map(({ headers }) => headers.authorization)).toEqual([undefined])
  })

  it('A token service at a plain http address on another host is not contacted', async () => {
    await using service = await faultyUpstream({ login: { scheme: 'Bearer' } })
    await using upstream = await faultyUpstream({ login: { scheme: 'Bearer', realm: `${service.localhostUrl}/token` } })
    await using pulling = pullingFrom(upstream, { credentials })
    await expect(pulling.registry.resolve('app', 'latest')).rejects.toMatchObject({
      kind: 'unavailable',
      message: `The upstream registry registry.example wants a token from ${service.localhostUrl}/token, which is a plain http address.`,
    })
    expect(service.requests).toEqual([])
  })

  it('A token service that cannot be used is forgotten, so that the registry can name another one', async () => {
    await using upstream = await faultyUpstream()
    const image = upstream.addImage('app', { tag: 'latest' })
    const headers = { 'www-authenticate': 'Bearer realm="http://elsewhere.example/token"' }
    upstream.fault('HEAD /v2/app/', (reply) => ({ ...reply, status: 401, headers }), { times: 1 })
    await using pulling = pullingFrom(upstream)
    await expect(pulling.registry.resolve('app', 'latest')).rejects.toMatchObject({ kind: 'unavailable' })
    expect(await pulling.registry.resolve('app', 'latest')).toBe(image.digest)
  })

  it('A token service that refuses the credentials denies access', async () => {
    await using upstream = await faultyUpstream({ login: { scheme: 'Bearer', users } })
    await using pulling = pullingFrom(upstream, { credentials: { username: 'ann', accessToken: 'wrong' } })
    await expect(pulling.registry.resolve('app', 'latest')).rejects.toMatchObject({
      kind: 'access-denied',
      message: expect.stringMatching(
        /^The token service 127\.0\.0\.1:\d+ of the upstream registry registry\.example answered 401/,
      ),
    })
  })

  it('A token service that asks for a delay is retried after that delay', async () => {
    await using upstream = await faultyUpstream({ login: { scheme: 'Bearer' } })
    const image = upstream.addImage('app', { tag: 'latest' })
    upstream.fault('GET /token', tooManyRequests(3), { times: 2 })
    await using pulling = pullingFrom(upstream)
    expect(await pulling.registry.resolve('app', 'latest')).toBe(image.digest)
    expect(pulling.waits).toEqual([3000, 3000])
  })

  it.each([
    ['redirects', redirect('http://127.0.0.1:1'), 'answered 307 Temporary Redirect'],
    ['sends a page', html(), 'gave an answer without a token'],
    [
      'sends more than 64 KiB',
      status(200, { message: `{"token":"${'x'.repeat(70_000)}"}` }),
      'gave an answer without a token',
    ],
    [
      'sends a token that would break the header',
      status(200, { message: '{"token":"a\\r\\nb"}' }),
      'gave an answer without a token',
    ],
  ])('A token service that %s makes the upstream unavailable', async (_, fault, said) => {
    await using upstream = await faultyUpstream({ login: { scheme: 'Bearer' } })
    upstream.fault('GET /token', fault)
    await using pulling = pullingFrom(upstream)
    await expect(pulling.registry.resolve('app', 'latest')).rejects.toMatchObject({
      kind: 'unavailable',
      message: expect.stringContaining(`registry.example ${said}`),
    })
    expect(upstream.count('GET /token')).toBe(1)
  })
})

describe('Basic authentication', () => {
  it('A registry with basic authentication receives the password only after it has asked for it', async () => {
    await using upstream = await faultyUpstream({ login: { scheme: 'Basic', users } })
    const image = upstream.addImage('app', { tag: 'latest' })
    await using pulling = pullingFrom(upstream, { credentials })
    expect(await pulling.registry.resolve('app', 'latest')).toBe(image.digest)
    await pulling.registry.ping()
    expect(upstream.requests.map(({ headers }) => headers.authorization)).toEqual([undefined, basic, basic])
  })

  it('A registry that asks for a password denies access if there is none', async () => {
    await using upstream = await faultyUpstream({ login: { scheme: 'Basic', users } })
    await using pulling = pullingFrom(upstream)
    await expect(pulling.registry.resolve('app', 'latest')).rejects.toMatchObject({
      kind: 'access-denied',
      message: 'The upstream registry registry.example requires authentication.',
    })
  })

  it('A repository that needs no password can be pulled although another one asks for a password', async () => {
    await using upstream = await faultyUpstream()
    const image = upstream.addImage('open', { tag: 'latest' })
    upstream.fault('HEAD /v2/closed/', (reply) => ({
      ...reply,
      status: 401,
      headers: { 'www-authenticate': 'Basic realm="x"' },
    }))
    await using pulling = pullingFrom(upstream)
    await expect(pulling.registry.resolve('closed', 'latest')).rejects.toMatchObject({ kind: 'access-denied' })
    expect(await pulling.registry.resolve('open', 'latest')).toBe(image.digest)
  })

  it('The login of one caller is not used for a caller without credentials', async () => {
    await using upstream = await faultyUpstream({ login: { scheme: 'Basic', users } })
    upstream.addImage('app', { tag: 'latest' })
    await using pulling = pullingFrom(upstream, { credentials })
    await pulling.registry.resolve('app', 'latest')
    const anonymous = pulling.upstreams.of('registry.example', pullingAccount)
    await expect(anonymous.resolve('app', 'latest')).rejects.toMatchObject({ kind: 'access-denied' })
    expect(pulling.upstreams.of('registry.example', pullingAccount, { ...credentials })).toBe(pulling.registry)
  })
})

describe('The ping of a registry', () => {
  it('A ping logs in', async () => {
    await using upstream = await faultyUpstream({ login: { scheme: 'Bearer', users } })
    await using pulling = pullingFrom(upstream, { credentials })
    await pulling.registry.ping()
    expect(upstream.requests.map(({ path }) => path)).toEqual(['/v2/', '/token?service=faulty', '/v2/'])
  })

  it('A ping is denied access if the registry offers no supported way to log in', async () => {
    await using upstream = await faultyUpstream()
    upstream.fault('GET /v2/', (reply) => ({ ...reply, status: 401, headers: { 'www-authenticate': 'Negotiate' } }))
    await using pulling = pullingFrom(upstream)
    await expect(pulling.registry.ping()).rejects.toMatchObject({ kind: 'access-denied' })
  })

  it('A ping of a server that is not a registry reports its answer', async () => {
    await using upstream = await faultyUpstream()
    upstream.fault('GET /v2/', status(404))
    await using pulling = pullingFrom(upstream)
    await expect(pulling.registry.ping()).rejects.toMatchObject({
      message: 'The upstream registry registry.example answered the request for its API with 404 Not Found.',
    })
  })
})
