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
    /** Adds the fault before the manifest is pulled, so that the import in the background meets it, too. */
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

/** The bytes of an answer, or undefined if the connection was broken off. */
const wholeOf = async ({ body }: { body: { arrayBuffer(): Promise<ArrayBuffer> } }) =>
  body.arrayBuffer().then(
    (bytes) => Buffer.from(bytes),
    () => undefined,
  )

describe('wrong content from an upstream', () => {
  it.each([
    ['other bytes', wrongBytes()],
    ['an HTML page', html()],
  ])(
    'An upstream that sends %s breaks its clients off, leaves nothing cached and is asked again next time',
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

describe('interrupted transfer', () => {
  it.each([
    ['truncated', truncate(100_000)],
    ['truncated without a length', truncate(100_000, 'close')],
    ['reset', reset(100_000)],
    ['stalled', stall(100_000)],
  ])('A transfer is resumed with Range where it stopped, unnoticed by the client: %s', async (_, fault) => {
    await using given = await cold()
    await given.spoil(fault, 1)
    expect((await wholeOf(await given.get()))?.equals(given.bytes)).toBe(true)
    const ranges = given.upstream.requests
      .filter(({ path }) => path.includes(given.layer))
      .map(({ headers }) => headers.range)
    expect(ranges).toEqual([undefined, expect.stringMatching(/^bytes=[1-9]\d*-$/)])
    // How many of the bytes sent before the break still arrive depends on the network.
    const from = Number(/\d+/.exec(ranges[1] ?? '')?.[0])
    expect([from > 0, from <= 100_000]).toEqual([true, true])
  })

  it('A transfer is given up where the upstream ignores Range, so that no byte is used twice', async () => {
    await using given = await cold()
    // The fault stays for every transfer: the one in the background may end before the client asks.
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

  it('Repeatedly interrupted transfers end in broken connections rather than endless waiting', async () => {
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

describe('upstream refusal of a blob', () => {
  it.each([
    [404, 404],
    [403, 403],
    [503, 503],
  ])('A blob refused upstream with %i is answered with %i before any byte', async (upstreamStatus, expected) => {
    await using given = await cold()
    await given.spoil(status(upstreamStatus))
    expect((await given.get()).statusCode).toBe(expected)
  })
})

describe('redirected blob', () => {
  it('A blob is fetched from the host its upstream redirects to, without credentials', async () => {
    await using given = await cold()
    const { storage } = given
    await given.spoil(redirect(storage.url))
    expect((await wholeOf(await given.get()))?.equals(given.bytes)).toBe(true)
    expect(storage.requests.every(({ headers }) => headers.authorization === undefined)).toBe(true)
  })
})

describe('forced import', () => {
  it.each([
    ['other bytes', wrongBytes()],
    ['half of a layer, again and again', truncate(0)],
  ])('A forced import fails as UpstreamUnavailable if the upstream sends %s', async (_, fault) => {
    await using given = await cold()
    given.upstream.fault(`blobs/${given.layer}`, fault)
    expect(await given.cache.importImage(name, 'v1')).toMatchObject({ failureCode: 'UpstreamUnavailable' })
  })
})

describe('manifest with a wrong layer size', () => {
  it('A manifest with a wrong layer size does not spoil the layer for a correct manifest', async () => {
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
