import { describe, expect, it } from 'vitest'
import { defaultLimits } from '../../../src/adapters/upstream/upstream-limits.js'
import { retryAfterMs } from '../../../src/adapters/upstream/retries.js'
import { faultyUpstream } from '../../support/faulty-upstream.js'
import { reset, stall, status, tooManyRequests } from '../../support/upstream-faults.js'
import { pullingFrom } from '../../support/upstream-pulling.js'

describe('Retries', () => {
  it.each([408, 429, 500, 502, 503, 504])(
    'A request answered with %i is tried five times with growing delays',
    async (code) => {
      await using upstream = await faultyUpstream()
      upstream.addImage('app', { tag: 'latest' })
      upstream.fault('GET ', status(code))
      await using pulling = pullingFrom(upstream)
      await expect(pulling.registry.manifest('app', 'latest')).rejects.toMatchObject({
        kind: code === 429 ? 'too-many-requests' : 'unavailable',
        isAnswer: false,
        message: expect.stringContaining(`answered the request for app:latest with ${code} `),
      })
      expect(pulling.waits).toEqual([250, 500, 1000, 2000])
      expect(upstream.count('GET ')).toBe(5)
    },
  )

  it('A request succeeds when the upstream recovers before the last try', async () => {
    await using upstream = await faultyUpstream()
    const image = upstream.addImage('app', { tag: 'latest' })
    upstream.fault(/./, status(503), { times: 4 })
    await using pulling = pullingFrom(upstream)
    expect((await pulling.registry.manifest('app', 'latest')).digest).toBe(image.digest)
  })

  it('A request that waits for its next try ends when the upstreams are closed', async () => {
    await using upstream = await faultyUpstream()
    upstream.fault('GET ', tooManyRequests(60))
    await using pulling = pullingFrom(upstream, { wait: undefined, clock: { wall: () => new Date() } })
    const request = pulling.registry.manifest('app', 'latest')
    const refused = expect(request).rejects.toMatchObject({ kind: 'too-many-requests' })
    await expect.poll(() => upstream.count('GET ')).toBe(1)
    await pulling.upstreams.close()
    await refused
    expect(upstream.count('GET ')).toBe(1)
  }, 30_000)

  it('A failed TLS handshake is reported without the text of OpenSSL', async () => {
    await using upstream = await faultyUpstream()
    await using pulling = pullingFrom(upstream, { endpoint: upstream.url.replace('http:', 'https:') })
    await expect(pulling.registry.manifest('app', 'latest')).rejects.toMatchObject({
      kind: 'unavailable',
      message:
        'The request to the upstream registry registry.example for app:latest failed: no TLS connection (wrong version number).',
    })
  })

  it('A request whose connection is reset is tried five times', async () => {
    await using upstream = await faultyUpstream()
    upstream.fault('GET ', reset())
    await using pulling = pullingFrom(upstream)
    await expect(pulling.registry.manifest('app', 'latest')).rejects.toMatchObject({ kind: 'unavailable' })
    expect(upstream.count('GET ')).toBe(5)
  })

  it('The delay between two tries grows to at most ten seconds', async () => {
    await using upstream = await faultyUpstream()
    upstream.fault('GET ', status(500))
    await using pulling = pullingFrom(upstream, { limits: { tries: 8 } })
    await expect(pulling.registry.manifest('app', 'latest')).rejects.toMatchObject({ kind: 'unavailable' })
    expect(pulling.waits).toEqual([250, 500, 1000, 2000, 4000, 8000, 10_000])
  })

  it.each([
    [0, 225],
    [0.5, 250],
    [1, 275],
  ])('The delay between two tries is spread at random (%d)', async (chance, first) => {
    await using upstream = await faultyUpstream()
    upstream.addImage('app', { tag: 'latest' })
    upstream.fault('GET ', status(500), { times: 1 })
    await using pulling = pullingFrom(upstream, { random: () => chance })
    await pulling.registry.manifest('app', 'latest')
    expect(pulling.waits.map((wait) => Math.round(wait))).toEqual([first])
  })

  it('A request holds no permit while it waits for its next try', async () => {
    await using upstream = await faultyUpstream()
    const image = upstream.addImage('app', { tag: 'latest' })
    upstream.fault('/manifests/', status(503), { times: 1 })
    await using pulling = pullingFrom(upstream, { limits: { requestsAtOnce: 1 }, wait: () => pulling.registry.ping() })
    expect((await pulling.registry.manifest('app', 'latest')).digest).toBe(image.digest)
    expect(upstream.requests.map(({ path }) => path.replace('app/manifests/', ''))).toEqual([
      '/v2/latest',
      '/v2/',
      '/v2/latest',
    ])
  })

  it('The delays between two tries really pass if the wait function is not replaced', async () => {
    await using upstream = await faultyUpstream()
    upstream.addImage('app', { tag: 'latest' })
    upstream.fault('GET ', status(500), { times: 2 })
    await using pulling = pullingFrom(upstream, { wait: undefined, limits: { firstDelayMs: 20 } })
    await pulling.registry.manifest('app', 'latest')
    const [first, , last] = upstream.requests
    expect(last!.at.getTime() - first!.at.getTime()).toBeGreaterThanOrEqual(55)
  })
})

describe('Retry-After', () => {
  it.each([
    ['in seconds', 7],
    ['as a date', new Date('2026-11-23T12:00:07Z')],
  ])('A Retry-After %s is obeyed', async (_, retryAfter) => {
    await using upstream = await faultyUpstream()
    const image = upstream.addImage('app', { tag: 'latest' })
    upstream.fault('GET ', tooManyRequests(retryAfter), { times: 2 })
    await using pulling = pullingFrom(upstream)
    expect((await pulling.registry.manifest('app', 'latest')).digest).toBe(image.digest)
    expect(pulling.waits).toEqual([7000, 7000])
  })

  it('A Retry-After of more than a minute ends the tries at once', async () => {
    await using upstream = await faultyUpstream()
    upstream.fault('GET ', tooManyRequests(61))
    await using pulling = pullingFrom(upstream)
    await expect(pulling.registry.manifest('app', 'latest')).rejects.toMatchObject({ kind: 'too-many-requests' })
    expect(pulling.waits).toEqual([])
  })

  it.each([
    ['120', 120_000],
    ['Mon, 23 Nov 2026 12:00:30 GMT', 30_000],
    ['Mon, 23 Nov 2026 11:00:00 GMT', 0],
    ['soon', undefined],
    [undefined, undefined],
  ])('The Retry-After value %s means %s milliseconds', (value, milliseconds) => {
    expect(retryAfterMs(value, new Date('2026-11-23T12:00:00Z'))).toBe(milliseconds)
  })
})

describe('Unreachable upstreams', () => {
  it('A request to a port that refuses connections fails after two short delays', async () => {
    const upstream = await faultyUpstream()
    await upstream.close()
    await using pulling = pullingFrom(upstream)
    await expect(pulling.registry.manifest('app', 'latest')).rejects.toMatchObject({
      kind: 'unavailable',
      message: expect.stringMatching(
        /^The request to the upstream registry registry\.example for app:latest failed: .*ECONNREFUSED.*[^.]\.$/,
      ),
    })
    expect(pulling.waits).toEqual([250, 500])
  })

  it('A request that is never answered fails after two timeouts', async () => {
    await using upstream = await faultyUpstream()
    upstream.fault('GET ', stall())
    await using pulling = pullingFrom(upstream, { limits: { headersTimeoutMs: 50 } })
    await expect(pulling.registry.manifest('app', 'latest')).rejects.toMatchObject({
      kind: 'unavailable',
      message: 'The request to the upstream registry registry.example for app:latest failed: Headers Timeout Error.',
    })
    expect(upstream.count('GET ')).toBe(2)
  })

  it('A freshness check of an upstream that does not answer ends after its own limit', async () => {
    await using upstream = await faultyUpstream()
    upstream.fault('HEAD ', stall())
    await using pulling = pullingFrom(upstream, { limits: { resolveMs: 50 } })
    await expect(pulling.registry.resolve('app', 'latest')).rejects.toMatchObject({
      kind: 'unavailable',
      message: 'The request to the upstream registry registry.example for app:latest failed: no answer came in time.',
    })
    expect(upstream.count('HEAD ')).toBe(1)
    expect(defaultLimits.resolveMs).toBeLessThanOrEqual(10_000)
  })

  it('A freshness check ends after its own limit when the token service hangs, too', async () => {
    await using upstream = await faultyUpstream({ login: { scheme: 'Bearer' } })
    upstream.fault('GET /token', stall())
    await using pulling = pullingFrom(upstream, { limits: { resolveMs: 50 } })
    await expect(pulling.registry.resolve('app', 'latest')).rejects.toMatchObject({ kind: 'unavailable' })
  })

  it('A request after close fails as unavailable', async () => {
    await using upstream = await faultyUpstream()
    const pulling = pullingFrom(upstream)
    await pulling.upstreams.close()
    await expect(pulling.registry.resolve('app', 'latest')).rejects.toMatchObject({ kind: 'unavailable' })
  })
})
