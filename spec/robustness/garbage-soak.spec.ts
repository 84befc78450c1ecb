import { describe, expect, it } from 'vitest'
import { lmdbKeyValue } from '../../src/adapters/lmdb/key-value.js'
import { memoryKeyValue } from '../../src/adapters/memory/key-value.js'
import { redisKeyValue } from '../../src/adapters/redis/key-value.js'
import { randomIds } from '../../src/adapters/system/random-ids.js'
import { keyedMutex } from '../../src/coordination/keyed-mutex.js'
import { deleteRepository } from '../../src/registry/repositories/repository-deletion.js'
import { sweep } from '../../src/upkeep/collection/sweep.js'
import { storedPins } from '../../src/upkeep/stored-pins.js'
import { leasesOn } from '../../src/coordination/leases/leases.js'
import { listAll } from '../../src/registry/list-records.js'
import type { BlobStore } from '../../src/registry/ports/blob-store.js'
import type { KeyValue } from '../../src/registry/ports/key-value.js'
import { noMetrics } from '../../src/registry/ports/metrics.js'
import { installation } from '../../src/registry/registry.js'
import { newRepository } from '../../src/registry/repositories/repository.js'
import { storeOf } from '../../src/store/store-of.js'
import { registry, startCache } from '../support/cache.js'
import { faultyUpstream } from '../support/faulty-upstream.js'
import { all } from '../support/garbage.js'
import { startRedis } from '../support/redis.js'
import { type SoakTally, soakClient, soakImage } from '../support/soak-client.js'
import { isInstalled } from '../support/system-tools.js'
import { temporaryDirectory } from '../support/temporary-directory.js'
import { silent } from '../support/silent-log.js'

/** Set `ECR_LOCAL_SOAK_SECONDS` to make each run longer. */
const SECONDS = Number(process.env.ECR_LOCAL_SOAK_SECONDS ?? 6)
const GRACE_SECONDS = 2
const PUSHERS = 3
const UPSTREAM_IMAGES = 4

async function soak(keyValue: KeyValue) {
  await using upstream = await faultyUpstream()
  for (let n = 0; n < UPSTREAM_IMAGES; n++)
    upstream.addImage(`image/${n}`, { tag: 'latest', seed: `${n % 2}`, extra: { annotations: { n: `${n}` } } })
  const store = storeOf(keyValue)
  const graceSeconds = GRACE_SECONDS
  await using cache = await startCache({ upstreams: { 'public.ecr.aws': upstream.url }, store, graceSeconds })
  await cache.addRule({ ecrRepositoryPrefix: 'ecr-public', upstreamRegistryUrl: 'public.ecr.aws' })
  const leases = leasesOn({ store, ids: randomIds, log: silent })
  const { blobs, clock } = cache
  const pins = storedPins({ store, clock, graceSeconds })
  const deps = { store, leases, clock, log: silent, metrics: noMetrics, graceSeconds }
  const sweepOnce = (faulty: BlobStore = blobs) => sweep({ ...deps, blobs: faulty })

  const tally: SoakTally & { repositories: number; sweeps: number; layers: number; blobs: number } = {
    ...{
      requests: 0,
      pushes: 0,
      pushedAgain: 0,
      deletes: 0,
      imports: 0,
      repositories: 0,
      sweeps: 0,
      layers: 0,
      blobs: 0,
    },
  }
  const client = soakClient(cache.url, cache.authorization, tally)
  const expected = new Map<string, Set<string>>()
  const endsAt = performance.now() + SECONDS * 1000
  const goesOn = () => performance.now() < endsAt

  async function pushing(worker: number) {
    const repository = `team/${worker}`
    const tags = new Set<string>()
    expected.set(repository, tags)
    await store.repositories.insert(registry, repository, newRepository(repository, new Date()))
    for (let n = worker; goesOn(); n += PUSHERS) {
      const tag = `t${n % 5}`
      await client.push(repository, tag, soakImage(n), `team/${(worker + 1) % PUSHERS}`)
      tags.add(tag)
      const [gone] = [...tags].filter((other) => other !== tag)
      if (gone !== undefined && n % 2 === 0) {
        tags.delete(gone)
        await client.remove(repository, gone)
      }
    }
  }
  async function importing() {
    for (let n = 0; n < UPSTREAM_IMAGES; n++) expected.set(`ecr-public/image/${n}`, new Set(['latest']))
    for (let n = 0; goesOn(); n++) {
      const repository = `ecr-public/image/${n % UPSTREAM_IMAGES}`
      const wrong = await client.wrong(repository, 'latest')
      expect(wrong).toEqual([])
      tally.imports++
      await cache.settled()
      await client.remove(repository, 'latest')
    }
    for (const repository of expected.keys())
      if (repository.startsWith('ecr-public')) expect(await client.wrong(repository, 'latest')).toEqual([])
    await cache.settled()
  }
  /** Deletes a repository with everything in it and creates it again. */
  async function deletingRepositories() {
    const repository = 'team/gone'
    for (let n = 0; goesOn(); n++) {
      await store.repositories.insert(registry, repository, newRepository(repository, new Date()))
      await client.push(repository, 'v1', soakImage(n), 'team/0')
      expect(await client.wrong(repository, 'v1')).toEqual([])
      await deleteRepository({ store, blobs, pins, uploadMutex: keyedMutex() }, registry, repository, { force: true })
      tally.repositories++
    }
  }
  let removals = 0
  const slow: BlobStore = {
    ...blobs,
    async remove(...removing) {
      if (++removals % 5 === 0) await new Promise((resolve) => setTimeout(resolve, 50))
      await blobs.remove(...removing)
    },
  }
  async function sweeping() {
    while (goesOn()) {
      const swept = (await sweepOnce(slow))!
      tally.sweeps++
      tally.layers += swept.layer.count
      tally.blobs += swept.blob.count
    }
  }
  const clockwork = setInterval(() => void clock.advance(0.1), 20)
  try {
    await Promise.all([
      importing(),
      sweeping(),
      deletingRepositories(),
      ...Array.from({ length: PUSHERS }, (_, worker) => pushing(worker)),
    ])
  } finally {
    clearInterval(clockwork)
  }

  const wrong: string[] = []
  for (const [repository, tags] of expected)
    for (const tag of tags) wrong.push(...(await client.wrong(repository, tag)))
  await clock.advance(GRACE_SECONDS + 1)
  await sweepOnce()
  for (const [repository, tags] of expected)
    for (const tag of tags) wrong.push(...(await client.wrong(repository, tag)))
  leases.stop()
  return { ...tally, wrong, left: await leftOver(cache) }
}

/** What exists although nothing needs it. */
async function leftOver({ store, blobs }: Awaited<ReturnType<typeof startCache>>) {
  const images = await listAll(store.images, registry)
  const needed = new Set(
    images.flatMap(({ digest, blobs: listed = [] }) => [digest, ...listed.map((blob) => blob.digest)]),
  )
  const layers = await listAll(store.layers, registry)
  const untagged = images.filter(({ tags }) => tags.length === 0)
  return {
    images: images.length - untagged.length,
    blobs: (await all(blobs.list())).filter(({ digest }) => !needed.has(digest)),
    layers: layers.filter(
      ({ repository, digest }) =>
        !images.some((image) => image.repository === repository && image.blobs?.some((blob) => blob.digest === digest)),
    ),
    notes: (await all(blobs.notes.list('images'))).length - images.length,
    temporary: await all(blobs.leftovers()),
    pins: (await listAll(store.pins, installation)).filter(({ isMarked, isGoing }) => isMarked ?? isGoing),
  }
}

describe('pushes, deletes, imports and sweeps together', () => {
  const lose = async (name: string, keyValue: KeyValue) => {
    const { wrong, left, ...figures } = await soak(keyValue)
    const { images, ...rest } = left
    console.log(`${name}: ${JSON.stringify({ ...figures, images, wrong: wrong.length })}`)
    expect(wrong).toEqual([])
    expect(rest).toEqual({ blobs: [], layers: [], notes: 0, temporary: [], pins: [] })
    expect(
      Math.min(figures.pushes, figures.deletes, figures.imports, figures.sweeps, figures.blobs, figures.repositories),
    ).toBeGreaterThan(0)
  }
  const timeout = (SECONDS + 60) * 1000

  it('Pushes, deletes, imports and sweeps lose nothing in memory', { timeout }, () => lose('memory', memoryKeyValue()))

  it('Pushes, deletes, imports and sweeps lose nothing and leave no garbage in LMDB', { timeout }, async () => {
    await using directory = await temporaryDirectory()
    const keyValue = lmdbKeyValue({ path: directory.path })
    await lose('lmdb', keyValue)
    await keyValue.close()
  })

  it.skipIf(!isInstalled('redis-server'))('Pushes, deletes and sweeps lose nothing in Redis', { timeout }, async () => {
    await using redis = await startRedis()
    const keyValue = await redisKeyValue({ url: redis.url, log: silent, onRoundTrip() {} })
    await lose('redis', keyValue)
    await keyValue.close()
  })
})
