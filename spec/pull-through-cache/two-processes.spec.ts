import { describe, expect, it } from 'vitest'
import { memoryKeyValue } from '../../src/adapters/memory/key-value.js'
import type { KeyValue } from '../../src/registry/ports/key-value.js'
import { storeOf } from '../../src/store/store-of.js'
import { startCache } from '../support/cache.js'
import { faultyUpstream } from '../support/faulty-upstream.js'
import { type Fault, stall, status, wrongBytes } from '../support/upstream-faults.js'

const MiB = 1024 * 1024
const DAY = 86_400
const name = 'quay/team/app'
const patience = { beatMs: 20, deadAfterMs: 300, pollMs: 5 }

/** Two caches on one disk and on the same records, as in two data planes; each has a store object of its own. */
async function two({ layerSize = MiB } = {}) {
  const upstream = await faultyUpstream()
  const image = upstream.addImage('team/app', { tag: 'v1', layerSize, layers: 2 })
  const upstreams = { 'quay.io': upstream.url }
  const keyValue = memoryKeyValue()
  let looks = 0
  const get: KeyValue['get'] = (place) => {
    if (place.collection === 'leases' && place.key.startsWith('fill ')) looks++
    return keyValue.get(place)
  }
  const one = await startCache({ upstreams, store: storeOf(keyValue), leasePatience: patience })
  const { root } = one
  const watched = { ...keyValue, get }
  const other = await startCache({ upstreams, store: storeOf(watched), root, leasePatience: patience })
  await one.addRule({ ecrRepositoryPrefix: 'quay', upstreamRegistryUrl: 'quay.io' })
  const [layer = ''] = image.layers
  return {
    ...{ upstream, image, one, other, layer, bytes: upstream.content.blobs.get(layer)! },
    /** Resolves when the other cache waits for a transfer of the first one. */
    otherFollows: () => expect.poll(() => looks).toBeGreaterThan(2),
    async [Symbol.asyncDispose]() {
      upstream.heal()
      await other.close()
      await one[Symbol.asyncDispose]()
      await upstream.close()
    },
  }
}
type Cache = Awaited<ReturnType<typeof two>>['one']

const read = async (cache: Cache, path: string) =>
  Buffer.from(await (await cache.ask(`${name}/${path}`)).body.arrayBuffer())

describe('two data planes on one store and one disk', () => {
  it('Two data planes transfer a cold layer once for all their clients', async () => {
    await using given = await two()
    const { one, other, upstream, layer, bytes } = given
    await read(one, 'manifests/v1')
    const clients = Array.from({ length: 8 }, (_, index) => read(index % 2 ? one : other, `blobs/${layer}`))
    for (const received of await Promise.all(clients)) expect(received.equals(bytes)).toBe(true)
    expect(upstream.count(`GET /v2/team/app/blobs/${layer}`)).toBe(1)
  })

  it('A client of one data plane gets the bytes of the other as they come, the last once verified', async () => {
    await using given = await two()
    const { one, other, upstream, layer, bytes } = given
    upstream.fault(`blobs/${layer}`, stall(MiB - 1))
    await read(one, 'manifests/v1')
    await upstream.asked(`blobs/${layer}`)
    const answer = await other.ask(`${name}/blobs/${layer}`)
    let received = 0
    for await (const chunk of answer.body) {
      received += (chunk as Buffer).length
      expect(received === MiB).toBe((await one.blobs.size(layer)) !== undefined)
      if (received === MiB - 1) upstream.release()
    }
    expect(received).toBe(bytes.length)
    expect(upstream.count(`blobs/${layer}`)).toBe(1)
  })

  it('A data plane resumes the transfer of one that died for clients that already have a part', async () => {
    await using given = await two()
    const { one, other, upstream, layer, bytes } = given
    upstream.fault(`blobs/${layer}`, stall(300_000), { times: 1 })
    await read(one, 'manifests/v1')
    await upstream.asked(`blobs/${layer}`)
    const answer = await other.ask(`${name}/blobs/${layer}`)
    const chunks: Buffer[] = []
    for await (const chunk of answer.body) {
      chunks.push(chunk as Buffer)
      // The leases are no longer renewed, as in a process that hangs or was killed.
      if (Buffer.concat(chunks).length === 300_000) one.leases.stop()
    }
    expect(Buffer.concat(chunks).equals(bytes)).toBe(true)
    expect(upstream.count(`blobs/${layer}`)).toBe(2)
    expect(upstream.requests.at(-1)?.headers.range).toBe('bytes=300000-')
  })

  it('The clients of both data planes are broken off if the layer turns out to be wrong', async () => {
    await using given = await two()
    const { one, other, upstream, layer } = given
    upstream.fault(`blobs/${layer}`, wrongBytes())
    await read(one, 'manifests/v1')
    const clients = [one, other].map((cache) => read(cache, `blobs/${layer}`))
    for (const client of await Promise.allSettled(clients)) expect(client).not.toMatchObject({ value: { length: MiB } })
    expect(await one.blobs.size(layer)).toBeUndefined()
  })

  it('The clients of both data planes get the same refusal if their one transfer fails', async () => {
    await using given = await two()
    const { one, other, upstream, layer } = given
    const refuse = status(404)
    const refuseLate: Fault = async (reply, client) => {
      await client.released
      return refuse(reply, client)
    }
    upstream.fault(`blobs/${layer}`, refuse)
    upstream.fault(`blobs/${layer}`, refuseLate, { times: 1 })
    await read(one, 'manifests/v1')
    await upstream.asked(`blobs/${layer}`)
    const asked = [one, other].map((cache) => cache.ask(`${name}/blobs/${layer}`))
    await given.otherFollows()
    upstream.release()
    for (const { statusCode } of await Promise.all(asked)) expect(statusCode).toBe(404)
    expect(upstream.count(`blobs/${layer}`)).toBe(1)
  })

  it('Two data planes import a tag that both are asked for at once with one request', async () => {
    await using given = await two()
    const { one, other, upstream, image } = given
    const pulls = await Promise.all([one, other].map((cache) => read(cache, 'manifests/v1')))
    for (const pulled of pulls) expect(pulled.equals(image.bytes)).toBe(true)
    expect(upstream.count('GET /v2/team/app/manifests/v1')).toBe(1)
  })

  it('Two data planes check a tag that is due once for 20 requests', async () => {
    await using given = await two()
    const { one, other, upstream } = given
    await read(one, 'manifests/v1')
    for (const cache of [one, other]) await cache.clock.advance(DAY)
    const asked = Array.from({ length: 20 }, (_, index) =>
      (index % 2 ? one : other).ask(`${name}/manifests/v1`, {}, 'HEAD'),
    )
    for (const answer of await Promise.all(asked)) expect(answer.statusCode).toBe(200)
    expect(upstream.count('HEAD /v2/team/app/manifests/v1')).toBe(1)
  })

  it('A data plane takes over the planned import of one that died', async () => {
    await using given = await two()
    const { one, other, upstream, layer } = given
    upstream.fault('/blobs/', stall())
    await read(one, 'manifests/v1')
    await upstream.asked('/blobs/', 2)
    await other.settled()
    expect(await other.blobs.size(layer)).toBeUndefined()
    one.leases.stop()
    upstream.fault('/blobs/', (reply) => reply)
    const whole = async () => {
      await other.settled()
      return other.blobs.size(layer)
    }
    await expect.poll(whole, { timeout: 60_000 }).toBe(MiB)
  })
})

describe('planned import that failed', () => {
  it('A failed import waits for the retry interval unless it is requested explicitly', async () => {
    await using given = await two()
    const { one, other, upstream, layer } = given
    upstream.fault('/blobs/', status(503))
    await read(one, 'manifests/v1')
    const planned = async () => (await one.store.imports.list({ account: '-', region: '-' }, { limit: 9 })).items
    await expect.poll(async () => (await planned())[0]?.failedAt).toBeDefined()
    upstream.heal()
    const asked = upstream.count('/blobs/')
    other.backlog.watch()
    await expect.poll(async () => (await other.ask(`${name}/manifests/v1`)).statusCode).toBe(200)
    expect([upstream.count('/blobs/'), await other.blobs.size(layer)]).toEqual([asked, undefined])

    await other.importImage(name, 'v1')
    expect([await other.blobs.size(layer), await planned()]).toEqual([MiB, []])
  })

  it('A failed import is retried when the retry interval is over', async () => {
    await using given = await two()
    const { one, other, upstream, layer } = given
    upstream.fault('/blobs/', status(503))
    await read(one, 'manifests/v1')
    const planned = async () => (await one.store.imports.list({ account: '-', region: '-' }, { limit: 9 })).items
    await expect.poll(async () => (await planned())[0]?.failedAt).toBeDefined()
    upstream.heal()
    await other.clock.advance(900)
    other.backlog.watch()
    await expect.poll(() => other.blobs.size(layer)).toBe(MiB)
  })
})
