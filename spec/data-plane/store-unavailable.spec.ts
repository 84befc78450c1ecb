import { DescribeImagesCommand, DescribeRepositoriesCommand, type ECRServiceException } from '@aws-sdk/client-ecr'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { DOWNLOAD_PATH } from '../../src/access/download-url.js'
import { issueToken } from '../../src/access/token.js'
import { memoryBlobStore } from '../../src/adapters/memory/blob-store.js'
import { memoryKeyValue } from '../../src/adapters/memory/key-value.js'
import { redisKeyValue } from '../../src/adapters/redis/key-value.js'
import { CLOCK_OFFSET } from '../../src/registry/ports/clock.js'
import type { RecordKey } from '../../src/registry/ports/key-value.js'
import type { Store } from '../../src/registry/ports/store.js'
import { installation } from '../../src/registry/registry.js'
import { storeOf } from '../../src/store/store-of.js'
import { startEmulator } from '../support/emulator.js'
import { type RedisProcess, startRedis } from '../support/redis.js'
import { digestOf } from '../support/upstream-content.js'
import { basic, errorIn, registry, startedAt, startRegistry, userOf } from '../support/registry.js'
import { silent } from '../support/silent-log.js'

const repositoryName = 'team/app'
/** A push waits for the store twice, three seconds each time; the rest is slack. */
const BOUND_MS = 8_000

/** A clock whose offset is read from the store, as in the emulator. */
const clockOn = (store: Store) => ({
  now: async () => new Date(startedAt.getTime() + Number((await store.settings.get(installation, CLOCK_OFFSET)) ?? 0)),
  wall: () => startedAt,
  advance: () => Promise.reject(new Error('this clock stands still')),
})

/** Both planes on one Redis, with an image that has been pulled. */
async function startPlanes(redis: RedisProcess) {
  const store = storeOf(await redisKeyValue({ url: redis.url, log: silent, onRoundTrip: () => {} }))
  await store.clear()
  const shared = { store, clock: clockOn(store), blobs: memoryBlobStore() }
  const failures: unknown[] = []
  const log = {
    ...silent,
    warn: (facts: object) => failures.push(facts),
    error: (facts: object) => failures.push(facts),
  }
  const data = await startRegistry({ ...shared, log })
  const control = await startEmulator({ ...shared, log, clock: { ...shared.clock, wall: () => new Date() } })
  await data.createRepository(repositoryName)
  const image = await data.push(repositoryName, { tag: 'v1' })
  const manifest = (reference: string) => `/v2/${repositoryName}/manifests/${reference}`
  const [layer = ''] = image.layers
  const paths = {
    ...{ tag: manifest('v1'), manifest: manifest(image.digest), layer: `/v2/${repositoryName}/blobs/${layer}` },
    unseen: manifest(digestOf(Buffer.from('of another plane'))),
  }
  const statusOf = async (path: string, authorization = data.tokenOf()) =>
    (await data.send('GET', path, { headers: { authorization } })).status
  for (const path of [paths.tag, paths.manifest, paths.layer]) expect(await statusOf(path)).toBe(200)
  return {
    ...{ data, control, paths, statusOf, failures, store },
    describeImages: () => control.ecr.send(new DescribeImagesCommand({ repositoryName })),
    async [Symbol.asyncDispose]() {
      await data[Symbol.asyncDispose]()
      await control[Symbol.asyncDispose]()
      await store.close()
    },
  }
}

/** How a call was refused, with its Retry-After header. */
const refusalOf = (call: Promise<unknown>) =>
  call.then(
    () => undefined,
    ({ name, message, $response }: ECRServiceException) => ({
      ...{ name, message, status: $response?.statusCode },
      retryAfter: $response?.headers?.['retry-after'],
    }),
  )

async function within<T>(bound: number, work: Promise<T>): Promise<T> {
  const startedAt = performance.now()
  const result = await work
  expect(performance.now() - startedAt, 'milliseconds').toBeLessThan(bound)
  return result
}

describe.each(['killed', 'paused'] as const)('planes on a Redis that is %s', (fault) => {
  let redis: RedisProcess
  let planes: Awaited<ReturnType<typeof startPlanes>>
  beforeAll(async () => {
    redis = await startRedis({ appendonly: true })
    planes = await startPlanes(redis)
    if (fault === 'killed') await redis.kill()
    else redis.pause()
  })
  afterAll(async () => {
    try {
      await planes[Symbol.asyncDispose]()
    } finally {
      await redis[Symbol.asyncDispose]()
    }
  })

  it('A pull by tag is refused with 503 and Retry-After within 8 s while Redis is unavailable', async () => {
    const answer = await within(BOUND_MS, planes.data.send('GET', planes.paths.tag))

    expect(answer.status).toBe(503)
    expect(answer.headers['retry-after']).toMatch(/^\d+$/)
    expect(errorIn(answer)).toMatchObject({
      code: 'UNAVAILABLE',
      message: expect.stringContaining('does not answer') as unknown,
    })
  })

  it('An API call gets a ServerException with Retry-After within 8 s while Redis is unavailable', async () => {
    const refusal = await within(BOUND_MS, refusalOf(planes.describeImages()))

    expect(refusal).toEqual({
      ...{ name: 'ServerException', status: 500, retryAfter: expect.stringMatching(/^\d+$/) as unknown },
      message: expect.stringContaining('does not answer') as unknown,
    })
  })

  it('A push is refused with 503 within 8 s while Redis is unavailable', async () => {
    const pushed = planes.data.send('POST', `/v2/${repositoryName}/blobs/uploads/`)
    expect((await within(BOUND_MS, pushed)).status).toBe(503)
  })

  it('Known manifests and layers are served by digest while Redis is unavailable', async () => {
    for (const path of [planes.paths.manifest, planes.paths.layer])
      expect(await within(BOUND_MS, planes.statusOf(path))).toBe(200)
    expect(planes.failures, 'warnings').toEqual([])
  })

  it('A pull of an unknown digest is refused with 503 while Redis is unavailable', async () => {
    expect(await planes.statusOf(planes.paths.unseen)).toBe(503)
  })

  it('An expired token and an unknown user are refused while Redis is unavailable', async () => {
    const { paths, data } = planes
    const grant = { principal: userOf('developer'), registry, expiresAt: startedAt.getTime() }
    expect(await planes.statusOf(paths.manifest, basic(issueToken(grant, data.deps.secret)))).toBe(403)
    expect(await planes.statusOf(paths.manifest, data.tokenOf(userOf('stranger')))).toBe(401)
  })

  it('Both planes recover by themselves when Redis is back', async () => {
    if (fault === 'killed') await redis.restart()
    else redis.resume()
    const { data, control, paths, statusOf } = planes

    await expect.poll(() => statusOf(paths.tag), { timeout: 60_000 }).toBe(200)
    expect((await planes.describeImages()).imageDetails).toHaveLength(1)
    await data.push(repositoryName, { tag: 'v3', seed: 'afterwards' })
    const { repositories } = await control.ecr.send(new DescribeRepositoriesCommand({}))
    expect(repositories?.map((repository) => repository.repositoryName)).toEqual([repositoryName])
  })
})

describe('reads for a layer URL', () => {
  it('A layer URL reads nothing that it names before its signature is verified', async () => {
    const places: RecordKey[] = []
    const keyValue = memoryKeyValue()
    const get = (place: RecordKey) => (places.push(place), keyValue.get(place))
    const store = storeOf({ ...keyValue, get })
    await using plane = await startRegistry({ store, clock: clockOn(store) })
    const query = new URLSearchParams({ account: 'a'.repeat(15_000), repository: repositoryName })

    const answer = await plane.send('GET', `${DOWNLOAD_PATH}?${query.toString()}`, { headers: { authorization: '' } })

    expect(answer.status).toBe(403)
    expect(places).toEqual([{ registry: installation, collection: 'settings', key: CLOCK_OFFSET }])
  })
})

describe('Redis that lost its data', () => {
  it('A Redis that comes back empty is believed, and nothing is served from memory', async () => {
    await using redis = await startRedis()
    await using planes = await startPlanes(redis)

    await redis.restart()

    await expect.poll(() => planes.statusOf(planes.paths.manifest), { timeout: 60_000 }).toBe(404)
    expect(await planes.statusOf(planes.paths.layer)).toBe(404)
    expect(await refusalOf(planes.describeImages())).toMatchObject({ name: 'RepositoryNotFoundException' })
  })
})
