import { open, rm, truncate } from 'node:fs/promises'
import { describe, expect, it, vi } from 'vitest'
import { blobPath } from '../../../src/adapters/filesystem/blob-path.js'
import type { Log } from '../../../src/registry/ports/log.js'
import { keyOf } from '../../../src/registry/ports/store.js'
import { registry, startCache } from '../../support/cache.js'
import { faultyUpstream } from '../../support/faulty-upstream.js'
import { status } from '../../support/upstream-faults.js'

/** More than is read, and verified, at once. */
const SIZE = 3_000_000
const name = 'quay/team/app'

/** A cached image, and what may happen to the files of its blobs; everything is verified anew after `restart`. */
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
    /** The bytes of a 200 or 206; undefined where the connection was broken off. */
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

describe('a cached blob whose file is not what its record says', () => {
  it.each([0, 1, SIZE - 1, SIZE + 1])('is fetched again where the layer has %i bytes', async (size) => {
    await using given = await cached()
    await given.cut(given.layer, size)
    expect((await given.get(`blobs/${given.layer}`))?.equals(given.bytesOf(given.layer))).toBe(true)
    expect(given.upstream.count(`GET /v2/team/app/blobs/${given.layer}`)).toBe(2)
    expect(given.error).toHaveBeenCalledTimes(1)
  })

  it('is fetched again for a range, and for a config blob', async () => {
    await using given = await cached()
    await given.cut(given.layer, 10)
    await given.cut(given.image.config, 0)
    const range = await given.get(`blobs/${given.layer}`, { range: 'bytes=100-199' })
    expect(range?.equals(given.bytesOf(given.layer).subarray(100, 200))).toBe(true)
    const config = await given.get(`blobs/${given.image.config}`)
    expect(config?.equals(given.bytesOf(given.image.config))).toBe(true)
  })

  it('is described by HEAD with the size it will have', async () => {
    await using given = await cached()
    await given.cut(given.layer, 10)
    const { statusCode, headers } = await given.ask(`blobs/${given.layer}`, {}, 'HEAD')
    expect([statusCode, headers['content-length']]).toEqual([200, String(SIZE)])
  })

  it('is not there while its upstream is down', async () => {
    await using given = await cached()
    await given.cut(given.layer, 10)
    given.upstream.fault('/blobs/', status(503))
    expect((await given.ask(`blobs/${given.layer}`)).statusCode).toBe(503)
  })

  it('is 404 where it was pushed', async () => {
    await using given = await cached()
    const record = { repository: name, digest: given.layer, size: SIZE, isInImage: true } as const
    await given.store.layers.put(registry, keyOf(name, given.layer), record)
    await given.cut(given.layer, SIZE + 1)
    expect((await given.ask(`blobs/${given.layer}`, {}, 'HEAD')).statusCode).toBe(404)
    expect((await given.ask(`blobs/${given.layer}`)).statusCode).toBe(404)
    expect(given.error).toHaveBeenCalledTimes(1)
  })
})

describe('a cached blob with a bit that flipped', () => {
  it.each([
    ['the whole', {}],
    ['a range that does not hold it', { range: 'bytes=0-2000000' }],
  ])('never completes %s, and is whole at the next request', async (_, headers) => {
    await using given = await cached()
    await given.restart()
    await given.flip(given.layer, 2_500_000)
    expect(await given.get(`blobs/${given.layer}`, headers)).toBeUndefined()
    expect((await given.get(`blobs/${given.layer}`))?.equals(given.bytesOf(given.layer))).toBe(true)
  })

  it('is fetched again before the first byte where it is small', async () => {
    await using given = await cached()
    await given.flip(given.image.config, 3)
    const config = await given.get(`blobs/${given.image.config}`)
    expect(config?.equals(given.bytesOf(given.image.config))).toBe(true)
  })
})

describe('a cached manifest that is lost or damaged', () => {
  it.each([
    ['cut', (given: Awaited<ReturnType<typeof cached>>) => given.cut(given.image.digest, 5)],
    ['flipped', (given: Awaited<ReturnType<typeof cached>>) => given.flip(given.image.digest, 5)],
  ])('(%s) is fetched again by its digest', async (_, damage) => {
    await using given = await cached()
    given.upstream.addImage('team/app', { tag: 'v1', seed: 'newer' })
    await damage(given)
    expect((await given.get('manifests/v1'))?.equals(given.image.bytes)).toBe(true)
    expect((await given.ask('manifests/v1', {}, 'HEAD')).statusCode).toBe(200)
    expect(given.error).toHaveBeenCalledTimes(1)
  })

  it('is refused, to GET and to HEAD, where the upstream has it no more', async () => {
    await using given = await cached()
    given.upstream.remove('team/app', given.image.digest)
    await given.cut(given.image.digest, 5)
    expect((await given.ask('manifests/v1')).statusCode).toBe(404)
    expect((await given.ask('manifests/v1', {}, 'HEAD')).statusCode).toBe(404)
  })
})
