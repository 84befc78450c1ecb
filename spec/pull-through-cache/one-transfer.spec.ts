import { describe, expect, it } from 'vitest'
import { keyOf } from '../../src/registry/ports/store.js'
import { registry, startCache } from '../support/cache.js'
import { faultyUpstream } from '../support/faulty-upstream.js'
import { drip, stall } from '../support/upstream-faults.js'

const MiB = 1024 * 1024
const name = 'quay/team/app'

async function cold({ layerSize = MiB } = {}) {
  const upstream = await faultyUpstream()
  const image = upstream.addImage('team/app', { tag: 'v1', layerSize, layers: 2 })
  const index = upstream.addIndex('team/app', [image], { tag: 'multi' })
  const cache = await startCache({ upstreams: { 'quay.io': upstream.url } })
  await cache.addRule({ ecrRepositoryPrefix: 'quay', upstreamRegistryUrl: 'quay.io' })
  const [layer = ''] = image.layers
  return {
    ...{ upstream, image, index, cache, layer },
    bytes: upstream.content.blobs.get(layer)!,
    async [Symbol.asyncDispose]() {
      await cache[Symbol.asyncDispose]()
      await upstream.close()
    },
  }
}
type Given = Awaited<ReturnType<typeof cold>>

/** Pulls as Docker does: the tag, its manifest by digest, then every blob. */
async function pullWhole({ cache, image }: Given): Promise<number> {
  const head = await cache.ask(`${name}/manifests/multi`, {}, 'HEAD')
  const references = [String(head.headers['docker-content-digest']), image.digest]
  let bytes = 0
  for (const reference of references) {
    bytes += (await (await cache.ask(`${name}/manifests/${reference}`)).body.arrayBuffer()).byteLength
  }
  const blobs = await Promise.all([image.config, ...image.layers].map((blob) => cache.ask(`${name}/blobs/${blob}`)))
  for (const blob of blobs) bytes += (await blob.body.arrayBuffer()).byteLength
  return bytes
}

describe('one upstream transfer per digest', () => {
  it('A cold image that 64 clients pull costs one GET per manifest and per blob', async () => {
    await using given = await cold()
    const bytes = await Promise.all(Array.from({ length: 64 }, () => pullWhole(given)))
    expect(new Set(bytes).size).toBe(1)
    await given.cache.settled()
    expect(given.upstream.count('GET /v2/team/app/manifests/multi')).toBe(1)
    expect(given.upstream.count(`GET /v2/team/app/manifests/${given.image.digest}`)).toBe(1)
    for (const blob of [given.image.config, ...given.image.layers]) {
      expect(given.upstream.count(`GET /v2/team/app/blobs/${blob}`)).toBe(1)
    }
  })

  it('A fill reports how many bytes of its layer have arrived while the transfer runs', async () => {
    await using given = await cold()
    given.upstream.fault(`GET /v2/team/app/blobs/${given.layer}`, stall(100_000))
    await given.cache.ask(`${name}/manifests/v1`)
    const layer = await given.cache.store.layers.get(registry, keyOf(name, given.layer))
    const fill = await given.cache.cache.fillLayer(registry, layer!)
    await expect.poll(() => fill?.receivedBytes).toBeGreaterThanOrEqual(100_000)
    given.upstream.release()
    await fill?.done
    expect(fill?.receivedBytes).toBe(MiB)
  })

  it('Two clients of a cold layer both get its bytes as they arrive', async () => {
    await using given = await cold()
    given.upstream.fault(`GET /v2/team/app/blobs/${given.layer}`, stall(100_000))
    await given.cache.ask(`${name}/manifests/v1`)
    const clients = await Promise.all([1, 2].map(() => given.cache.ask(`${name}/blobs/${given.layer}`)))
    for (const { body } of clients) {
      let received = 0
      for await (const chunk of body) {
        received += (chunk as Buffer).length
        if (received >= 100_000) given.upstream.release()
      }
      expect(received).toBe(MiB)
    }
    expect(given.upstream.count(`blobs/${given.layer}`)).toBe(1)
  })

  it('A transfer continues although the client that started it leaves', async () => {
    await using given = await cold()
    given.upstream.fault(`blobs/${given.layer}`, stall(1000))
    await given.cache.ask(`${name}/manifests/v1`)
    const first = await given.cache.ask(`${name}/blobs/${given.layer}`)
    first.body.on('error', () => {}).destroy()
    given.upstream.release()
    await given.cache.settled()
    expect(await given.cache.blobs.size(given.layer)).toBe(MiB)
    expect(given.upstream.count(`blobs/${given.layer}`)).toBe(1)
  })

  it('A client that does not read does not hold up another client of the same layer', async () => {
    await using given = await cold({ layerSize: 16 * MiB })
    await given.cache.ask(`${name}/manifests/v1`)
    const slow = await given.cache.ask(`${name}/blobs/${given.layer}`)
    const fast = await given.cache.ask(`${name}/blobs/${given.layer}`)
    expect((await fast.body.arrayBuffer()).byteLength).toBe(16 * MiB)
    slow.body.on('error', () => {}).destroy()
  })

  it('HEAD of a cold blob is answered with its size', async () => {
    await using given = await cold()
    given.upstream.fault(/GET .*\/blobs\//, stall())
    await given.cache.ask(`${name}/manifests/v1`)
    const head = await given.cache.ask(`${name}/blobs/${given.layer}`, {}, 'HEAD')
    expect([head.statusCode, head.headers['content-length']]).toEqual([200, String(MiB)])
  })

  it('Ranges of a cold blob are answered with 206 from one transfer', async () => {
    await using given = await cold()
    given.upstream.fault(`blobs/${given.layer}`, drip(64 * 1024))
    await given.cache.ask(`${name}/manifests/v1`)
    const starts = [0, 1, 2, 3].map((quarter) => (quarter * MiB) / 4)
    const parts = await Promise.all(
      starts.map(async (start) => {
        const range = `bytes=${start}-${start + MiB / 4 - 1}`
        const answer = await given.cache.ask(`${name}/blobs/${given.layer}`, { range })
        expect(answer.statusCode).toBe(206)
        expect(answer.headers['content-range']).toBe(`bytes ${start}-${start + MiB / 4 - 1}/${MiB}`)
        return Buffer.from(await answer.body.arrayBuffer())
      }),
    )
    expect(Buffer.concat(parts).equals(given.bytes)).toBe(true)
    expect(given.upstream.count(`blobs/${given.layer}`)).toBe(1)
  })

  it('A stalled upstream does not hold up a client that gets the layer from another upstream', async () => {
    await using given = await cold()
    await using broken = await faultyUpstream({ mirrorOf: given.upstream })
    broken.fault(`blobs/${given.layer}`, stall(1000))
    const upstreams = { 'quay.io': given.upstream.url, 'broken.example': broken.url }
    await using cache = await startCache({ upstreams })
    await cache.addRule({ ecrRepositoryPrefix: 'quay', upstreamRegistryUrl: 'quay.io' })
    await cache.addRule({ ecrRepositoryPrefix: 'broken', upstreamRegistryUrl: 'broken.example' })
    await cache.ask('broken/team/app/manifests/v1')
    await broken.asked(`blobs/${given.layer}`)
    await cache.ask(`${name}/manifests/v1`)
    const answer = await cache.ask(`${name}/blobs/${given.layer}`)
    expect((await answer.body.arrayBuffer()).byteLength).toBe(MiB)
    broken.heal()
  })
})
