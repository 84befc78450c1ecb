import { open, rm, truncate } from 'node:fs/promises'
import { describe, expect, it, vi } from 'vitest'
import { blobPath } from '../../../src/adapters/filesystem/blob-path.js'
import type { Log } from '../../../src/registry/ports/log.js'
import { keyOf } from '../../../src/registry/ports/store.js'
import { registry, startCache } from '../../support/cache.js'
import { faultyUpstream } from '../../support/faulty-upstream.js'
import { status } from '../../support/upstream-faults.js'

/** More than is read and verified at once. */
const SIZE = 3_000_000
const name = 'quay/team/app'

/** A cached image whose files can be damaged; after `restart` every blob is verified again. */
async function cached() {
  const upstream = await faultyUpstream()
  const image = upstream.addImage('team/app', { tag: 'v1', layerSize: SIZE, layers: 1 })
  const [layer = ''] = image.layers
  const error = vi.fn<Log['error']>()
  const log = { trace() {}, debug() {}, info() {}, warn() {}, error }
  const upstreams = { 'quay.io': upstream.url }
  let cache = await startCache({ upstreams, log })
  await cache.addRule({ ecrRepositoryPrefix: 'quay', upstreamRegistryUrl: 'quay.io' })
  await cache.ask(`${name}/manifests/v1`)
  await cache.settled()
  const { root, store } = cache
  const pathOf = (digest: string) => blobPath(root, digest) ?? ''
  return {
    ...{ upstream, image, layer, error, store },
    bytesOf: (digest: string) => upstream.content.blobs.get(digest)!,
    async restart() {
      await cache.close()
      cache = await startCache({ upstreams, log, store, root })
    },
    cut: (digest: string, size: number) => truncate(pathOf(digest), size),
    async flip(digest: string, position: number) {
      await using file = await open(pathOf(digest), 'r+')
      const { buffer } = await file.read(Buffer.alloc(1), 0, 1, position)
      await file.write(Buffer.from([(buffer[0] ?? 0) ^ 1]), 0, 1, position)
    },
    ask: (path: string, headers: Record<string, string> = {}, method: 'GET' | 'HEAD' = 'GET') =>
      cache.ask(`${name}/${path}`, headers, method),
    /** The bytes of a 200 or 206, or undefined if the connection was broken off. */
    async get(path: string, headers: Record<string, string> = {}) {
      const answer = await cache.ask(`${name}/${path}`, headers)
      expect([200, 206]).toContain(answer.statusCode)
      return answer.body.arrayBuffer().then(
        (bytes) => Buffer.from(bytes),
        () => undefined,
      )
    },
    async [Symbol.asyncDispose]() {
      await cache[Symbol.asyncDispose]()
      await rm(root, { recursive: true, force: true, maxRetries: 5 })
      await upstream.close()
    },
  }
}

describe('cached blob of the wrong size', () => {
  it.each([0, 1, SIZE - 1, SIZE + 1])('A layer whose file has %i bytes is fetched again', async (size) => {
    await using given = await cached()
    await given.cut(given.layer, size)
    expect((await given.get(`blobs/${given.layer}`))?.equals(given.bytesOf(given.layer))).toBe(true)
    expect(given.upstream.count(`GET /v2/team/app/blobs/${given.layer}`)).toBe(2)
    expect(given.error).toHaveBeenCalledTimes(1)
  })

  it('A truncated blob is fetched again for a range request and for a config', async () => {
    await using given = await cached()
    await given.cut(given.layer, 10)
    await given.cut(given.image.config, 0)
    const range = await given.get(`blobs/${given.layer}`, { range: 'bytes=100-199' })
    expect(range?.equals(given.bytesOf(given.layer).subarray(100, 200))).toBe(true)
    const config = await given.get(`blobs/${given.image.config}`)
    expect(config?.equals(given.bytesOf(given.image.config))).toBe(true)
  })

  it('HEAD of a truncated blob reports the size from its record', async () => {
    await using given = await cached()
    await given.cut(given.layer, 10)
    const { statusCode, headers } = await given.ask(`blobs/${given.layer}`, {}, 'HEAD')
    expect([statusCode, headers['content-length']]).toEqual([200, String(SIZE)])
  })

  it('A truncated blob is answered with 503 while its upstream is unavailable', async () => {
    await using given = await cached()
    await given.cut(given.layer, 10)
    given.upstream.fault('/blobs/', status(503))
    expect((await given.ask(`blobs/${given.layer}`)).statusCode).toBe(503)
  })

  it('A pushed blob whose file has the wrong size is answered with 404', async () => {
    await using given = await cached()
    const record = { repository: name, digest: given.layer, size: SIZE, isInImage: true } as const
    await given.store.layers.put(registry, keyOf(name, given.layer), record)
    await given.cut(given.layer, SIZE + 1)
    expect((await given.ask(`blobs/${given.layer}`, {}, 'HEAD')).statusCode).toBe(404)
    expect((await given.ask(`blobs/${given.layer}`)).statusCode).toBe(404)
    expect(given.error).toHaveBeenCalledTimes(1)
  })
})

describe('cached blob with a flipped bit', () => {
  it.each([
    ['the whole', {}],
    ['a range that does not hold it', { range: 'bytes=0-2000000' }],
  ])('A layer with a flipped bit is cut off and whole on the next request, asked for %s', async (_, headers) => {
    await using given = await cached()
    await given.restart()
    await given.flip(given.layer, 2_500_000)
    expect(await given.get(`blobs/${given.layer}`, headers)).toBeUndefined()
    expect((await given.get(`blobs/${given.layer}`))?.equals(given.bytesOf(given.layer))).toBe(true)
  })

  it('A small blob with a flipped bit is fetched again before its first byte is sent', async () => {
    await using given = await cached()
    await given.flip(given.image.config, 3)
    const config = await given.get(`blobs/${given.image.config}`)
    expect(config?.equals(given.bytesOf(given.image.config))).toBe(true)
  })
})

describe('damaged cached manifest', () => {
  it.each([
    ['cut', (given: Awaited<ReturnType<typeof cached>>) => given.cut(given.image.digest, 5)],
    ['flipped', (given: Awaited<ReturnType<typeof cached>>) => given.flip(given.image.digest, 5)],
  ])('A cached manifest whose file was %s is fetched again by its digest', async (_, damage) => {
    await using given = await cached()
    given.upstream.addImage('team/app', { tag: 'v1', seed: 'newer' })
    await damage(given)
    expect((await given.get('manifests/v1'))?.equals(given.image.bytes)).toBe(true)
    expect((await given.ask('manifests/v1', {}, 'HEAD')).statusCode).toBe(200)
    expect(given.error).toHaveBeenCalledTimes(1)
  })

  it('A damaged manifest that its upstream no longer has is answered with 404, also to HEAD', async () => {
    await using given = await cached()
    given.upstream.remove('team/app', given.image.digest)
    await given.cut(given.image.digest, 5)
    expect((await given.ask('manifests/v1')).statusCode).toBe(404)
    expect((await given.ask('manifests/v1', {}, 'HEAD')).statusCode).toBe(404)
  })
})
