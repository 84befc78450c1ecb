import { connect } from 'node:net'
import { text } from 'node:stream/consumers'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { type EcrLocal, startEcrLocal, UsageError } from '../../src/library/ecr-local.js'
import { createRule, pullerOf } from '../support/library.js'

type Puller = Awaited<ReturnType<typeof pullerOf>>

let ecr: EcrLocal
let client: Puller
beforeAll(async () => {
  ecr = await startEcrLocal()
  await createRule(ecr, 'public.ecr.aws')
  client = await pullerOf(ecr)
})
afterAll(() => ecr.stop())
afterEach(async () => {
  ecr.upstream.recover()
  await ecr.settled()
  ecr.upstream.reset()
})

/** Each spec has a repository of its own, so that nothing of it is cached. */
let count = 0
function newImage(options = {}) {
  const repository = `team/app-${++count}`
  return { repository, image: ecr.upstream.image(repository, 'latest', options) }
}

/** What a GET of the manifest at the upstream itself is answered with. */
const answerOf = (repository: string, method = 'GET', reference = 'latest') =>
  fetch(`${ecr.upstream.endpoint}/v2/${repository}/manifests/${reference}`, { method })

describe('Faults of the upstream, as a pull through the cache meets them', () => {
  it('A pull fails with 429 while the upstream asks for more patience than the cache has', async () => {
    const { repository } = newImage()
    const limit = ecr.upstream.rateLimit({ retryAfter: 3600 })
    const refused = await client.pull(repository, 'latest')
    expect(refused.status).toBe(429)
    expect(JSON.parse(refused.bytes.toString())).toEqual({
      errors: [
        {
          code: 'TOOMANYREQUESTS',
          message: `The upstream registry public.ecr.aws answered the request for ${repository}:latest with 429 Too Many Requests, TOOMANYREQUESTS: rate exceeded.`,
        },
      ],
    })
    expect(limit.hits).toBe(1)
    limit.lift()
    expect((await client.pull(repository, 'latest')).status).toBe(200)
    expect(ecr.upstream.count({ image: repository, kind: 'manifest', status: 429 })).toBe(1)
  })

  it('A rate limit for one request is waited out, and the pull succeeds', async () => {
    const { repository, image } = newImage()
    ecr.upstream.rateLimit({ retryAfter: 1, times: 1 })
    expect((await client.pull(repository, 'latest')).digest).toBe(image.digest)
    const statuses = ecr.upstream.requests({ image: repository, kind: 'manifest' }).map(({ status }) => status)
    expect(statuses).toEqual([429, 200])
  })

  it('A pull that the upstream refuses is explained by its answer, which the client does not get', async () => {
    const { repository } = newImage()
    const answered = (tag: string, reason: string) =>
      `The upstream registry public.ecr.aws answered the request for ${repository}:${tag} with ${reason}.`
    expect((await client.pull(repository, 'nope')).status).toBe(404)
    const [unknown] = await ecr.explain()
    const hint = answered('nope', '404 Not Found, MANIFEST_UNKNOWN: unknown')
    expect(unknown).toMatchObject({ code: 'MANIFEST_UNKNOWN', hint })
    expect(await ecr.explain(unknown?.requestId ?? '')).toMatchObject({ hint, decisions: [{ allowed: true }, {}, {}] })
    ecr.upstream.outage({ status: 403, code: 'DENIED', message: 'no', image: repository })
    expect((await client.pull(repository, 'latest')).status).toBe(403)
    expect((await ecr.explain())[0]).toMatchObject({ hint: answered('latest', '403 Forbidden, DENIED: no') })
  })

  it('A cached image is served while the upstream refuses connections, also when its check is due', async () => {
    const { repository, image } = newImage()
    await client.pull(repository, 'latest')
    await ecr.settled()
    await ecr.advance('24h')
    client = await pullerOf(ecr)
    using outage = ecr.upstream.refuseConnections()
    await expect(answerOf(repository)).rejects.toMatchObject({ cause: { code: 'ECONNREFUSED' } })
    expect((await client.pull(repository, 'latest')).digest).toBe(image.digest)
    outage.lift()
    expect((await answerOf(repository)).status).toBe(200)
  })

  it('A tag that moves right after the check is cached as the check saw it', async () => {
    const { repository } = newImage({ version: '1' })
    await client.pull(repository, 'latest')
    await ecr.settled()
    const third = ecr.upstream.image(repository, 'latest', { version: '3' })
    const second = ecr.upstream.image(repository, 'latest', { version: '2' })
    const move = ecr.upstream.moveAfterHead(repository, 'latest', third)
    await ecr.advance('24h')
    client = await pullerOf(ecr)
    expect((await client.pull(repository, 'latest')).digest).toBe(second.digest)
    expect(move.hits).toBe(1)
    expect((await answerOf(repository, 'HEAD')).headers.get('docker-content-digest')).toBe(third.digest)
  })

  it.each([
    ['wrongDigest', () => ecr.upstream.wrongDigest({ kind: 'manifest', times: 1 })],
    ['truncate', () => ecr.upstream.truncate({ kind: 'manifest', times: 1 })],
    ['resetConnections', () => ecr.upstream.resetConnections({ times: 1 })],
    ['outage', () => ecr.upstream.outage({ times: 1 })],
  ])('The fault %s of one answer is overcome, and the image that is cached is whole', async (_, fault) => {
    const { repository, image } = newImage()
    const { hits } = fault()
    expect(hits).toBe(0)
    const answers = [await client.pull(repository, 'latest'), await client.pull(repository, 'latest')]
    expect(answers.at(-1)?.digest).toBe(image.digest)
  })

  it('A layer of other bytes is not cached', async () => {
    const { repository, image } = newImage()
    const layer = image.images[0]?.layers[0] ?? ''
    using fault = ecr.upstream.wrongDigest({ kind: 'blob' })
    await client.pull(repository, 'latest')
    expect((await client.blob(repository, layer).catch(() => undefined))?.digest).not.toBe(layer)
    fault.lift()
    expect((await client.blob(repository, layer)).digest).toBe(layer)
  })
})

describe('Faults of the upstream, as its own clients meet them', () => {
  it('A fault has a status, a code and a message of choice', async () => {
    const { repository } = newImage()
    ecr.upstream.outage({ status: 403, code: 'DENIED', message: 'pull access denied' })
    const answer = await answerOf(repository)
    expect(answer.status).toBe(403)
    expect(await answer.json()).toEqual({ errors: [{ code: 'DENIED', message: 'pull access denied' }] })
  })

  it('Retry-After is seconds or a date', async () => {
    const { repository } = newImage()
    ecr.upstream.rateLimit({ retryAfter: 30 })
    expect((await answerOf(repository)).headers.get('retry-after')).toBe('30')
    ecr.upstream.rateLimit({ retryAfter: new Date('2026-01-02T03:04:05Z') })
    expect((await answerOf(repository)).headers.get('retry-after')).toBe('Fri, 02 Jan 2026 03:04:05 GMT')
    ecr.upstream.rateLimit()
    expect((await answerOf(repository)).headers.get('retry-after')).toBeNull()
  })

  it.each<[string, () => unknown]>([
    ['status is that of an error, from 400 to 599, not 1000', () => ecr.upstream.outage({ status: 1000 })],
    ['status is that of an error, from 400 to 599, not 200', () => ecr.upstream.outage({ status: 200 })],
    [
      'retryAfter is a number of seconds, 0 or more, or a Date, not -1',
      () => ecr.upstream.rateLimit({ retryAfter: -1 }),
    ],
    [
      'retryAfter is a number of seconds, 0 or more, or a Date, not null',
      () => ecr.upstream.rateLimit({ retryAfter: new Date(NaN) }),
    ],
    ['afterBytes is a whole number, 0 or more, not -1', () => ecr.upstream.truncate({ afterBytes: -1 })],
    ['bytesPerSecond is a number greater than 0, not 0', () => ecr.upstream.slow({ bytesPerSecond: 0 })],
  ])('A fault that cannot be sent is refused when it is made: %s', (message, fault) => {
    expect(fault).toThrow(new UsageError(message))
  })

  it('A request that names no path is answered as one for something unknown', async () => {
    for (const target of ['//', 'http://[', '/v2/%zz/manifests/latest']) {
      const socket = connect(Number(new URL(ecr.upstream.endpoint).port), '127.0.0.1')
      socket.write(`GET ${target} HTTP/1.1\r\nHost: upstream\r\nConnection: close\r\n\r\n`)
      expect(await text(socket)).toMatch(/^HTTP\/1\.1 404 /)
    }
    expect(ecr.upstream.requests().map(({ path }) => path)).toContain('//')
  })

  it('A fault of one image, kind and method leaves all other requests alone', async () => {
    const { repository, image } = newImage({ platforms: ['linux/amd64'] })
    ecr.upstream.image(repository, 'other', { version: '2' })
    ecr.upstream.outage({ image: `${repository}:latest`, kind: 'manifest', method: 'GET' })
    expect((await answerOf(repository)).status).toBe(503)
    expect((await answerOf(repository, 'GET', image.images[0]?.digest)).status).toBe(503)
    expect((await answerOf(repository, 'HEAD')).status).toBe(200)
    expect((await answerOf(repository, 'GET', 'other')).status).toBe(200)
    expect((await fetch(`${ecr.upstream.endpoint}/v2/`)).status).toBe(200)
  })

  it('Of several faults the latest applies, and recover lifts all', async () => {
    const { repository } = newImage()
    ecr.upstream.outage()
    ecr.upstream.rateLimit({ times: 2 })
    const statuses = []
    for (let n = 0; n < 3; n++) statuses.push((await answerOf(repository)).status)
    ecr.upstream.refuseConnections()
    await expect(answerOf(repository)).rejects.toThrow()
    ecr.upstream.recover()
    statuses.push((await answerOf(repository)).status)
    expect(statuses).toEqual([429, 429, 503, 200])
  })

  it('A slow upstream begins late and sends at the rate that was asked for', async () => {
    const { repository, image } = newImage({ layers: 1, layerBytes: 20_000 })
    ecr.upstream.slow({ latency: '100ms', bytesPerSecond: 100_000, kind: 'blob' })
    const begun = performance.now()
    const answer = await fetch(`${ecr.upstream.endpoint}/v2/${repository}/blobs/${image.images[0]?.layers[0]}`)
    const answeredMs = performance.now() - begun
    const { byteLength } = await answer.arrayBuffer()
    expect(answeredMs).toBeGreaterThanOrEqual(95)
    expect(performance.now() - begun).toBeGreaterThanOrEqual(95 + ((byteLength - 4000) / 100_000) * 1000)
  })

  it('A truncated body and a reset connection are errors of the client', async () => {
    const { repository } = newImage()
    using truncation = ecr.upstream.truncate({ afterBytes: 10 })
    await expect((await answerOf(repository)).arrayBuffer()).rejects.toThrow()
    truncation.lift()
    ecr.upstream.resetConnections({ image: repository })
    await expect(answerOf(repository)).rejects.toThrow()
    expect(ecr.upstream.requests({ image: repository }).map(({ status }) => status)).toEqual([200, undefined])
  })

  it.each<[() => unknown, string]>([
    [() => ecr.upstream.outage({ times: 0 }), 'times is a whole number of requests, 1 or more, not 0'],
    [() => ecr.upstream.slow({ bytesPerSecond: 0 }), 'bytesPerSecond is a number greater than 0, not 0'],
    [() => ecr.upstream.slow({ latency: 'soon' as '1s' }), 'A duration is a number of milliseconds, 0 or more'],
    [() => ecr.upstream.resetConnections({ image: 'quay.io:443/a' }), "'quay.io:443/a' is not the name of an image"],
    [
      () => ecr.upstream.rateLimit({ kind: 'blobs' as 'blob' }),
      'kind is one of ping, manifest, blob, referrers, tags,',
    ],
    [() => ecr.upstream.count({ kind: 'blobs' as 'blob' }), 'kind is one of ping, manifest, blob, referrers, tags,'],
    [() => ecr.upstream.outage({ method: 'get' as 'GET' }), 'method is GET or HEAD, not get'],
    [() => ecr.upstream.count({ image: 'A' }), "'A' is not the name of an image"],
    [() => ecr.upstream.moveAfterHead('team/a', 'latest', 'sha256:0'), 'The upstream has no image team/a@sha256:0'],
  ])('A mistake in a fault is refused at once: %s', (make, message) => {
    expect(make).toThrow(message)
  })
})
