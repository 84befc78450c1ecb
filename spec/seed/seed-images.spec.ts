import { describe, expect, it } from 'vitest'
import { memoryKeyValue } from '../../src/adapters/memory/key-value.js'
import { serverException } from '../../src/registry/errors.js'
import type { Importer } from '../../src/registry/ports/importer.js'
import { keyOf } from '../../src/registry/ports/store.js'
import type { SeedLine } from '../../src/seed/seed-report.js'
import { seeder } from '../../src/seed/seeder.js'
import { storeOf } from '../../src/store/store-of.js'
import { registry, startCache } from '../support/cache.js'
import { startEmulator } from '../support/emulator.js'
import { faultyUpstream } from '../support/faulty-upstream.js'
import { recordedLog } from '../support/recorded-log.js'
import { stall, status } from '../support/upstream-faults.js'

const reference = 'ecr-public/team/app:v1'
const title = `image ${reference}`
const seed = {
  registryId: registry.account,
  pullThroughCacheRules: [{ ecrRepositoryPrefix: 'ecr-public', upstreamRegistryUrl: 'public.ecr.aws' }],
  images: [reference],
}

/** A control plane's parts with the cache of a data plane beside it, on one store. */
async function seeded() {
  const upstream = await faultyUpstream()
  const cache = await startCache({ upstreams: { 'public.ecr.aws': upstream.url } })
  const { store, blobs } = cache
  const emulator = await startEmulator({ store, blobs, importer: cache.cache })
  const log = recordedLog()
  const patience = { tries: 3, pauseMs: 1 }
  const emptyStore = () => storeOf(memoryKeyValue())
  const seederWith = (importer: Importer = cache.cache) =>
    seeder(seed, undefined, { ...emulator.deps, importer, log, patience, emptyStore })
  await seederWith().apply()
  return {
    upstream,
    cache,
    store,
    log,
    seederWith,
    async [Symbol.asyncDispose]() {
      await emulator[Symbol.asyncDispose]()
      await cache[Symbol.asyncDispose]()
      await upstream.close()
    },
  }
}

const outcomes = async (lines: Promise<readonly SeedLine[]>) =>
  (await lines).map(({ outcome, detail }) => (detail === undefined ? outcome : `${outcome}: ${detail}`))

describe('images of a seed', () => {
  it('An image is imported with all its layers behind the start, once', async () => {
    await using parts = await seeded()
    const { upstream, store, log } = parts
    const image = upstream.addImage('team/app', { tag: 'v1' })
    upstream.fault('GET /v2/team/app/blobs/', stall())

    const importing = parts.seederWith().importImages()
    await upstream.asked('GET /v2/team/app/blobs/')
    expect(await store.appliedSeeds.get(registry, title)).toBeUndefined()
    upstream.heal()

    expect(await outcomes(importing)).toEqual([`imported: ${image.digest}`])
    const { layers } = image
    for (const digest of layers) expect(upstream.count(`GET /v2/team/app/blobs/${digest}`)).toBe(1)
    expect(log.lines.at(-1)).toEqual(['info', {}, 'seed images: 1 imported'])
    const requests = upstream.requests.length
    expect(await outcomes(parts.seederWith().importImages())).toEqual(['unchanged'])
    expect(upstream.requests).toHaveLength(requests)
  })

  it("An import that fails is reported in the service's words and repeated by the next start", async () => {
    await using parts = await seeded()
    const { upstream, log } = parts
    expect(await outcomes(parts.seederWith().importImages())).toEqual([
      'failed: ImageNotFound: Requested image not found',
    ])
    expect(log.lines.at(-2)).toEqual([
      'warn',
      { path: '/seed/images/0' },
      `seed: failed ${title}: ImageNotFound: Requested image not found`,
    ])
    upstream.fault('/v2/team/app/manifests/', status(500))
    expect(await outcomes(parts.seederWith().importImages())).toEqual([
      expect.stringMatching(/^failed: UpstreamUnavailable: /),
    ])
    upstream.heal()
    const { digest } = upstream.addImage('team/app', { tag: 'v1' })
    expect(await outcomes(parts.seederWith().importImages())).toEqual([`imported: ${digest}`])
  })

  it('An image that no rule covers fails as its pull would', async () => {
    await using parts = await seeded()
    await parts.store.rules.remove(registry, 'ecr-public')
    expect(await outcomes(parts.seederWith().importImages())).toEqual([
      `failed: RepositoryNotFoundException: The repository with name 'ecr-public/team/app' does not exist in the registry with id '${registry.account}'`,
    ])
  })

  it('A data plane of another process that does not answer yet is asked again, up to a limit', async () => {
    await using parts = await seeded()
    const { digest } = parts.upstream.addImage('team/app', { tag: 'v1' })
    let asked = 0
    const absentFor = (times: number): Importer => ({
      ...parts.cache.cache,
      importImage: (request, wait) =>
        ++asked > times
          ? parts.cache.cache.importImage(request, wait)
          : Promise.reject(
              serverException('The data plane at http://127.0.0.1:1 does not answer: connect ECONNREFUSED'),
            ),
    })
    expect(await outcomes(parts.seederWith(absentFor(9)).importImages())).toEqual([
      'failed: ServerException: The data plane at http://127.0.0.1:1 does not answer: connect ECONNREFUSED',
    ])
    expect(asked).toBe(3)
    expect(await outcomes(parts.seederWith(absentFor(asked + 2)).importImages())).toEqual([`imported: ${digest}`])
  })

  it('An image that a reset removes at the end of its import is imported again', async () => {
    await using parts = await seeded()
    const { digest } = parts.upstream.addImage('team/app', { tag: 'v1' })
    const resetAfterwards: Importer = {
      ...parts.cache.cache,
      async importImage(request, wait) {
        const found = await parts.cache.cache.importImage(request, wait)
        await parts.cache.settled()
        await parts.store.tags.remove(registry, keyOf('ecr-public/team/app', 'v1'))
        return found
      },
    }
    await outcomes(parts.seederWith(resetAfterwards).importImages())
    expect(await outcomes(parts.seederWith().importImages())).toEqual([`imported: ${digest}`])
  })

  it('A seeder that is stopped imports no more images and reports no failures', async () => {
    await using parts = await seeded()
    const starting = parts.seederWith()
    starting.stop()
    expect(await outcomes(starting.importImages())).toEqual([])
    expect(parts.log.lines.filter(([level]) => level === 'warn' || level === 'error')).toEqual([])
    expect(parts.upstream.requests).toEqual([])
  })

  it('A store that fails ends the imports with one line, and the start goes on', async () => {
    await using parts = await seeded()
    const broken: Importer = { ...parts.cache.cache, importImage: () => Promise.reject(new Error('no space left')) }
    expect(await outcomes(parts.seederWith(broken).importImages())).toEqual([])
    expect(parts.log.lines.at(-1)).toEqual([
      'error',
      { err: new Error('no space left') },
      'seed images: the imports failed, and are repeated at the next start',
    ])
  })
})
