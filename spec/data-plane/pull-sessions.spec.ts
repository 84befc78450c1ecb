import { describe, expect, it, vi } from 'vitest'
import { pullSessions } from '../../src/data-plane/pull-sessions.js'
import type { Log } from '../../src/registry/ports/log.js'
import { noStatistics as statistics } from '../../src/registry/ports/statistics-recorder.js'
import { principal, registry, startCache } from '../support/cache.js'
import { faultyUpstream } from '../support/faulty-upstream.js'
import { silent } from '../support/silent-log.js'

const name = 'ecr-public/team/app'

async function cacheOfOneImage(log: Log = silent) {
  const upstream = await faultyUpstream()
  const image = upstream.addImage('team/app', { tag: 'v1', layers: 2, layerSize: 5000 })
  const cache = await startCache({ upstreams: { 'public.ecr.aws': upstream.url }, log })
  await cache.addRule({ ecrRepositoryPrefix: 'ecr-public', upstreamRegistryUrl: 'public.ecr.aws' })
  const get = async (path: string, method: 'GET' | 'HEAD' = 'GET') => {
    const answer = await cache.ask(`${name}/${path}`, {}, method)
    expect(answer.statusCode).toBe(200)
    await answer.body.arrayBuffer()
  }
  return {
    ...{ cache, image, get },
    async [Symbol.asyncDispose]() {
      await cache[Symbol.asyncDispose]()
      await upstream.close()
    },
  }
}

describe('pull event', () => {
  it('The event of a first pull names caller and image and counts the bytes from the upstream', async () => {
    await using given = await cacheOfOneImage()
    await given.get('manifests/v1')
    expect(await given.cache.pulls()).toEqual([
      {
        'repository-name': name,
        'image-tags': ['v1'],
        'image-digests': [given.image.digest],
        principal: principal.arn,
        'cache-result': 'miss',
        'bytes-from-cache': 0,
        'bytes-from-upstream': given.image.bytes.length,
      },
    ])
  })

  it('HEAD, manifest and layer requests for a cached image are one pull event from the cache', async () => {
    await using given = await cacheOfOneImage()
    await given.get('manifests/v1')
    await given.cache.settled()
    await given.cache.pulls()

    await given.get('manifests/v1', 'HEAD')
    await given.get(`manifests/${given.image.digest}`)
    for (const layer of given.image.layers) await given.get(`blobs/${layer}`)

    expect((await given.cache.pulls()).at(-1)).toMatchObject({
      'image-tags': ['v1'],
      'cache-result': 'hit',
      'bytes-from-cache': given.image.bytes.length + 10_000,
      'bytes-from-upstream': 0,
    })
  })

  it('A HEAD request alone records no pull event', async () => {
    await using given = await cacheOfOneImage()
    await given.get('manifests/v1', 'HEAD')
    expect(await given.cache.pulls()).toEqual([])
  })
})

describe('log line of a pull', () => {
  it('All requests of a cached pull write one log line with repository and tag', async () => {
    const info = vi.fn<Log['info']>()
    await using given = await cacheOfOneImage({ ...silent, info })
    await given.get('manifests/v1')
    await given.cache.settled()
    await given.cache.pulls()
    info.mockClear()

    await given.get('manifests/v1', 'HEAD')
    await given.get(`manifests/${given.image.digest}`)
    for (const layer of given.image.layers) await given.get(`blobs/${layer}`)

    const { digest } = given.image
    const facts = { ...registry, principal: principal.arn, repository: name, tag: 'v1', digest }
    expect(info.mock.calls).toEqual([[facts, `${name}:v1 from cache`]])
  })
})

const puller = { registry, repository: 'team/app', principal: principal.arn, now: new Date() }
const image = (digest: string) =>
  ({ digest, manifestSize: 10 }) as Parameters<ReturnType<typeof pullSessions>['manifest']>[1]

describe('pull sessions', () => {
  it('A pull session records no event where pull events are switched off', async () => {
    const sessions = pullSessions({ log: silent, recordPull: undefined, statistics })
    sessions.manifest(puller, image('sha256:a'), 'v1', 'cache')
    await expect(sessions.close()).resolves.toBeUndefined()
  })

  it('A pull session ends by itself five seconds after its last request', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'performance'] })
    try {
      const recordPull = vi.fn(async () => {})
      const sessions = pullSessions({ log: silent, recordPull, statistics })
      sessions.manifest(puller, image('sha256:a'), 'v1', 'cache')
      vi.advanceTimersByTime(4_000)
      sessions.layer(puller, 5, 'cache')
      vi.advanceTimersByTime(4_000)
      expect(recordPull).not.toHaveBeenCalled()
      vi.advanceTimersByTime(2_000)
      expect(recordPull).toHaveBeenCalledOnce()
    } finally {
      vi.useRealTimers()
    }
  })

  it('The oldest pull session is recorded early when there are more than 1000', async () => {
    const recordPull = vi.fn(async () => {})
    const sessions = pullSessions({ log: silent, recordPull, statistics })
    for (let count = 0; count < 1_001; count++)
      sessions.manifest({ ...puller, repository: `team/app${count}` }, image('sha256:a'), undefined, 'cache')
    expect(recordPull).toHaveBeenCalledOnce()
    await sessions.close()
    expect(recordPull).toHaveBeenCalledTimes(1_001)
  })

  it('A pull event names at most twenty tags, however many images the caller pulls', async () => {
    const recordPull = vi.fn(async () => {})
    const sessions = pullSessions({ log: silent, recordPull, statistics })
    for (let count = 0; count < 50; count++) sessions.manifest(puller, image(`sha256:${count}`), `v${count}`, 'cache')
    await sessions.close()
    expect(recordPull).toHaveBeenCalledWith(
      expect.objectContaining({
        detail: expect.objectContaining({
          'image-tags': Array.from({ length: 20 }, (_, n) => `v${n}`),
          'bytes-from-cache': 500,
        }),
      }),
      puller.now,
    )
  })
})
