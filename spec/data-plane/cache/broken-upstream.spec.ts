import { describe, expect, it } from 'vitest'
import { startCache } from '../../support/cache.js'
import { faultyUpstream } from '../../support/faulty-upstream.js'
import {
  type Fault,
  html,
  ignoreRange,
  redirect,
  reset,
  stall,
  status,
  truncate,
  wrongBytes,
} from '../../support/upstream-faults.js'

const SIZE = 300_000
const name = 'quay/team/app'

async function cold() {
  const upstream = await faultyUpstream()
  const image = upstream.addImage('team/app', { tag: 'v1', layerSize: SIZE, layers: 1 })
  const storage = await faultyUpstream({ mirrorOf: upstream })
  const cache = await startCache({
    upstreams: { 'quay.io': upstream.url, 'storage.example': storage.url },
    limits: { idleTimeoutMs: 200 },
  })
  await cache.addRule({ ecrRepositoryPrefix: 'quay', upstreamRegistryUrl: 'quay.io' })
  const [layer = ''] = image.layers
  const get = () => cache.ask(`${name}/blobs/${layer}`)
  return {
    ...{ upstream, storage, cache, layer, get },
    bytes: upstream.content.blobs.get(layer)!,
    /** Spoils the layer before the manifest is pulled, so that the import behind the pull meets it too. */
    async spoil(fault: Fault, times?: number) {
      upstream.fault(`blobs/${layer}`, fault, { ...(times !== undefined && { times }) })
      await cache.ask(`${name}/manifests/v1`)
    },
    async [Symbol.asyncDispose]() {
      await cache[Symbol.asyncDispose]()
      await Promise.all([upstream.close(), storage.close()])
    },
  }
}

/** The bytes of an answer, or undefined where its connection was broken off. */
const wholeOf = async ({ body }: { body: { arrayBuffer(): Promise<ArrayBuffer> } }) =>
  body.arrayBuffer().then(
    (bytes) => Buffer.from(bytes),
    () => undefined,
  )

describe('an upstream that sends the wrong thing', () => {
  it.each([
    ['other bytes', wrongBytes()],
    ['an HTML page', html()],
  ])(
    '(%s) leaves nothing in the cache, breaks the clients off, and is asked again at the next pull',
    async (_, fault) => {
      await using given = await cold()
      await given.spoil(fault)
      const answers = await Promise.allSettled([given.get(), given.get(), given.get()])
      for (const answer of answers) {
        const got =
          answer.status === 'fulfilled' && answer.value.statusCode === 200 ? await wholeOf(answer.value) : undefined
        expect(got).toBeUndefined()
      }
      await given.cache.settled()
      expect(await given.cache.blobs.size(given.layer)).toBeUndefined()
      given.upstream.heal()
      expect((await wholeOf(await given.get()))?.equals(given.bytes)).toBe(true)
    },
  )
})

describe('a transfer that breaks off', () => {
  it.each([
    ['truncated', truncate(100_000)],
    ['truncated without a length', truncate(100_000, 'close')],
    ['reset', reset(100_000)],
    ['stalled', stall(100_000)],
  ])('(%s) is resumed with Range where it stopped, and the client notices nothing', async (_, fault) => {
    await using given = await cold()
    await given.spoil(fault, 1)
    expect((await wholeOf(await given.get()))?.equals(given.bytes)).toBe(true)
    const ranges = given.upstream.requests
      .filter(({ path }) => path.includes(given.layer))
      .map(({ headers }) => headers.range)
    expect(ranges).toEqual([undefined, expect.stringMatching(/^bytes=[1-9]\d*-$/)])
    // How much of what was sent before the end could still be read is the network's matter.
    const from = Number(/\d+/.exec(ranges[1] ?? '')?.[0])
    expect([from > 0, from <= 100_000]).toEqual([true, true])
  })

  it('is given up where the upstream ignores the Range: no byte is taken twice', async () => {
    await using given = await cold()
    // Every transfer: the one behind the pull may be over before the client asks.
    await given.spoil((reply, client) =>
      (client.request.headers.range === undefined ? truncate(100_000) : ignoreRange())(reply, client),
    )
    expect(
      await wholeOf(await given.get().catch(() => ({ body: { arrayBuffer: () => Promise.reject(new Error()) } }))),
    ).toBeUndefined()
    await given.cache.settled()
    given.upstream.heal()
    expect((await wholeOf(await given.get()))?.equals(given.bytes)).toBe(true)
  })

  it('again and again ends in broken connections for all who wait, not in waiting for ever', async () => {
    await using given = await cold()
    await given.spoil(truncate(0))
    const outcomes = await Promise.allSettled(Array.from({ length: 8 }, async () => wholeOf(await given.get())))
    for (const outcome of outcomes) {
      expect(outcome.status === 'rejected' || outcome.value === undefined).toBe(true)
    }
    given.upstream.heal()
    expect((await wholeOf(await given.get()))?.equals(given.bytes)).toBe(true)
  })
})

describe('an upstream that refuses a blob', () => {
  it.each([
    [404, 404],
    [403, 403],
    [503, 503],
  ])('with %i is answered with %i before any byte is sent', async (upstreamStatus, expected) => {
    await using given = await cold()
    await given.spoil(status(upstreamStatus))
    expect((await given.get()).statusCode).toBe(expected)
  })
})

describe('an upstream that keeps its blobs elsewhere', () => {
  it('is followed there', async () => {
    await using given = await cold()
    const { storage } = given
    await given.spoil(redirect(storage.url))
    expect((await wholeOf(await given.get()))?.equals(given.bytes)).toBe(true)
    expect(storage.requests.every(({ headers }) => headers.authorization === undefined)).toBe(true)
  })
})

describe('a forced import', () => {
  it.each([
    ['other bytes', wrongBytes()],
    ['half of a layer, again and again', truncate(0)],
  ])('of an upstream that sends %s fails as UpstreamUnavailable', async (_, fault) => {
    await using given = await cold()
    given.upstream.fault(`blobs/${given.layer}`, fault)
    expect(await given.cache.importImage(name, 'v1')).toMatchObject({ failureCode: 'UpstreamUnavailable' })
  })
})

describe('a manifest that gives a wrong size for a layer', () => {
  it('does not spoil the layer for the manifest that gives the right one', async () => {
    await using given = await cold()
    const right = given.upstream.addImage('team/app', { tag: 'v1', layerSize: SIZE, layers: 1 })
    const wrong = Buffer.from(right.bytes.toString().replace(`"size": ${SIZE}`, `"size": ${SIZE - 1}`))
    const { digest } = given.upstream.addManifest('team/app', wrong, right.mediaType)
    await given.cache.ask(`${name}/manifests/${digest}`)
    expect((await given.get()).statusCode).toBe(503)
    await given.cache.settled()
    await given.cache.ask(`${name}/manifests/v1`)
    expect((await wholeOf(await given.get()))?.equals(given.bytes)).toBe(true)
  })
})
