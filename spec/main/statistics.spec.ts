import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { request } from 'undici'
import { CreateRepositoryCommand } from '@aws-sdk/client-ecr'
import { defaultConfig } from '../../src/config/config.js'
import type { Statistics } from '../../src/control-plane/admin/admin-answers.js'
import type { Status } from '../../src/control-plane/admin/status-route.js'
import { type FaultyUpstream, faultyUpstream } from '../support/faulty-upstream.js'
import { type Planes, startPlanes } from '../support/planes.js'
import { pushImage } from '../support/push.js'
import { type RedisProcess, startRedis } from '../support/redis.js'
import { authorizationToken, ecrClient } from '../support/registry-client.js'
import { createRule } from '../support/rules.js'
import { mediaTypes } from '../support/upstream-content.js'
import { status } from '../support/upstream-faults.js'
import { wholeEmulator } from '../support/whole-emulator.js'

const account = '000000000000'
const region = 'us-east-1'

async function statisticsAt(endpoint: string, query = ''): Promise<Statistics> {
  const answer = await request(`${endpoint}/_admin/statistics${query}`)
  expect(answer.statusCode).toBe(200)
  return (await answer.body.json()) as Statistics
}

describe('statistics of two data planes over Redis', () => {
  let upstream: FaultyUpstream
  let redis: RedisProcess
  let planes: Planes
  let token: string
  const image = { repository: 'ecr-public/team/app', reference: 'v1' }

  beforeAll(async () => {
    upstream = await faultyUpstream()
    upstream.addImage('team/app', { tag: 'v1', layerSize: 100_000, layers: 1 })
    redis = await startRedis({ appendonly: true })
    const config = { upstreams: { 'public.ecr.aws': { endpoint: upstream.url } }, events: { pulls: false } }
    planes = await startPlanes({ control: 1, data: 2, store: redis.url, config })
    await ecrClient(planes).send(createRule())
    token = await authorizationToken(ecrClient(planes))
  })
  afterAll(async () => {
    await planes[Symbol.asyncDispose]()
    await redis[Symbol.asyncDispose]()
    await upstream.close()
  })

  async function read(plane: number, path: string): Promise<Buffer> {
    const headers = { authorization: `Basic ${token}`, accept: Object.values(mediaTypes).join(', ') }
    const answer = await request(`http://${planes.addressOf(plane)}/v2/${image.repository}/${path}`, { headers })
    expect([path, answer.statusCode]).toEqual([path, 200])
    return Buffer.from(await answer.body.arrayBuffer())
  }
  async function pull(plane: number): Promise<void> {
    const { layers } = JSON.parse((await read(plane, 'manifests/v1')).toString()) as { layers: { digest: string }[] }
    for (const { digest } of layers) await read(plane, `blobs/${digest}`)
  }
  const statistics = (query = '') => statisticsAt(planes.endpoint, query)
  const pulls = async () => (await statistics()).total.pulls
  async function importsInFlight() {
    const { body } = await request(`${planes.endpoint}/_admin/status`)
    return ((await body.json()) as Status).imports?.count
  }

  it('Pulls from both planes are summed, with their bytes, caller and rule, although no event records them', async () => {
    await pull(0)
    await expect.poll(importsInFlight, { timeout: 5_000 }).toBe(0)
    await pull(1)
    // Each plane counts its pull when it stops.
    await Promise.all([planes.planes[0]?.stop(), planes.planes[1]?.stop()])
    const { total, buckets, images, pullers, rules, disk } = await statistics()
    expect(total.pulls).toEqual({ cache: 1, upstream: 1 })
    expect(total.bytes.cache + total.bytes.upstream).toBeGreaterThan(200_000)
    expect(total.latency).toMatchObject({ warm: { count: 1 }, cold: { count: 1 } })
    expect(total.latency.cold.p50).toBeGreaterThan(0)
    expect(buckets).toHaveLength(60)
    expect(buckets.reduce((sum, bucket) => sum + bucket.pulls.cache + bucket.pulls.upstream, 0)).toBe(2)
    expect(images).toEqual([{ account, region, ...image, pulls: 2, bytes: total.bytes.cache + total.bytes.upstream }])
    expect(pullers).toMatchObject([{ principal: expect.stringContaining(`:iam::${account}:`), pulls: 2 }])
    expect(rules).toMatchObject([
      { account, region, ecrRepositoryPrefix: 'ecr-public', upstreamRegistryUrl: 'public.ecr.aws', hits: 1, misses: 1 },
    ])
    expect(rules[0]?.holds).toMatchObject({ repositories: 1, images: 1, layers: { count: 2 } })
    expect(rules[0]?.bytesSpared).toBe(total.bytes.cache)
    expect(disk?.freeBytes).toBeGreaterThan(0)
  })

  it('After a restart the planes add to what was counted, for the day too', async () => {
    await Promise.all([planes.restart(0), planes.restart(1)])
    await pull(0)
    await pull(0)
    await expect.poll(pulls, { timeout: 10_000 }).toEqual({ cache: 2, upstream: 1 })
    const day = await statistics('?period=day')
    expect(day.total.pulls).toEqual({ cache: 2, upstream: 1 })
    expect(day).toMatchObject({ period: 'day', bucketSeconds: 600 })
    expect(day.buckets).toHaveLength(144)
  })

  it('A plane that is killed loses at most what it has not stored yet', async () => {
    await pull(0)
    await planes.kill(0)
    expect(await pulls()).toEqual({ cache: 2, upstream: 1 })
  })

  it('Only the registries that are asked for are summed', async () => {
    expect((await statistics(`?account=${account}&region=${region}`)).total.pulls.cache).toBe(2)
    const elsewhere = await statistics(`?account=${account}&region=eu-west-1`)
    expect(elsewhere.total.pulls).toEqual({ cache: 0, upstream: 0 })
    expect([elsewhere.images, elsewhere.pullers, elsewhere.rules]).toEqual([[], [], []])
  })

  it('Checks and their failures are counted by the time of the machine, however far the clock is advanced', async () => {
    const advance = (advanceSeconds: number) =>
      request(`${planes.endpoint}/_admin/clock`, { method: 'POST', body: JSON.stringify({ advanceSeconds }) })
    await advance(90_000)
    token = await authorizationToken(ecrClient(planes))
    await read(1, 'manifests/v1')
    upstream.fault('/manifests/', status(500))
    await advance(90_000)
    token = await authorizationToken(ecrClient(planes))
    await read(1, 'manifests/v1')
    await expect
      .poll(async () => (await statistics()).total.checks, { timeout: 10_000 })
      .toEqual({ answered: 1, failed: 1 })
    const [rule] = (await statistics()).rules
    expect(rule?.checks).toEqual({ answered: 1, failed: 1 })
    expect(rule?.lastFailure).toMatchObject({ account, region, what: 'check of ecr-public/team/app:v1' })
    expect(rule?.lastFailure?.reason).toMatch(/^cached image kept: /)
  })
})

describe('GET /_admin/statistics', () => {
  it('A value that a parameter cannot have is refused with what would be right', async () => {
    await using emulator = await wholeEmulator()
    const refusal = async (query: string) => {
      const { statusCode, body } = await request(`${emulator.endpoint}/_admin/statistics?${query}`)
      expect(statusCode).toBe(400)
      return ((await body.json()) as { message: string }).message
    }
    expect(await refusal('period=week')).toBe('period must be hour or day; got "week"')
    expect(await refusal('account=12')).toMatch(/^account must be an account id of 12 digits, such as .*; got "12"$/)
    expect(await refusal('region=Mars')).toBe('region must be a Region, such as us-east-1; got "Mars"')
    expect(await refusal('period=day&period=hour')).toBe('period must be given once')
  })

  it('Without the admin token there is no answer', async () => {
    await using emulator = await wholeEmulator({ adminToken: 'token-of-the-operator' })
    const { statusCode, body } = await request(`${emulator.endpoint}/_admin/statistics`)
    expect(statusCode).toBe(401)
    await body.dump()
  })

  it('Pulls of pushed images count from memory too, and a reset removes them', async () => {
    await using emulator = await wholeEmulator({ quotas: defaultConfig.quotas })
    const ecr = emulator.ecr()
    await ecr.send(new CreateRepositoryCommand({ repositoryName: 'team/app' }))
    await pushImage(ecr, 'team/app', { imageTag: 'v1' })
    for (let count = 0; count < 4; count++) await emulator.get('team/app/manifests/v1')
    // The fourth has ended the third: the last one ends when its caller has paused.
    await expect
      .poll(async () => (await statisticsAt(emulator.endpoint)).total.pulls, { timeout: 10_000 })
      .toEqual({ cache: 3, upstream: 0 })
    const { disk, images, rules } = await statisticsAt(emulator.endpoint)
    expect([disk, rules]).toEqual([null, []])
    expect(images).toMatchObject([{ repository: 'team/app', reference: 'v1', pulls: 3 }])

    await request(`${emulator.endpoint}/_admin/reset`, { method: 'POST' })
    expect((await statisticsAt(emulator.endpoint)).total.pulls).toEqual({ cache: 0, upstream: 0 })
  })
})
