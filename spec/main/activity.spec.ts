import { request } from 'undici'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { ImportInFlight } from '../../src/control-plane/admin/admin-answers.js'
import type { RecordedEvent } from '../../src/registry/events.js'
import { type ActivityStream, activityStream } from '../support/activity-stream.js'
import { type EmulatorProcess, emulatorProcess } from '../support/emulator-process.js'
import { type FaultyUpstream, faultyUpstream } from '../support/faulty-upstream.js'
import { type Planes, startPlanes } from '../support/planes.js'
import { startRedis } from '../support/redis.js'
import { authorizationToken, ecrClient } from '../support/registry-client.js'
import { createRule } from '../support/rules.js'
import { drip, stall } from '../support/upstream-faults.js'

const MiB = 1024 * 1024
const LAYERS = 5

let upstream: FaultyUpstream
beforeAll(async () => {
  upstream = await faultyUpstream()
})
afterAll(() => upstream.close())

const config = () => ({ upstreams: { 'public.ecr.aws': { endpoint: upstream.url } } })

async function pull(registry: string, token: string, path: string): Promise<Buffer> {
  const headers = { authorization: `Basic ${token}` }
  const { statusCode, body } = await request(`http://${registry}/v2/ecr-public/${path}`, { headers })
  expect([path, statusCode]).toEqual([path, 200])
  return Buffer.from(await body.arrayBuffer())
}

/** An image of 50 MiB in the upstream, which sends each of its layers in about two seconds. */
function addSlowImage(repository: string) {
  const image = upstream.addImage(repository, { tag: 'v1', layers: LAYERS, layerSize: 10 * MiB, seed: repository })
  for (const layer of image.layers) upstream.fault(`blobs/${layer}`, drip(MiB / 4, 50))
  return image
}

/** Every state of the import of a repository that a stream has told so far. */
const statesOf = (stream: ActivityStream, repository: string): ImportInFlight[] =>
  stream
    .all<readonly ImportInFlight[]>('imports')
    .flatMap((imports) => imports.filter((one) => one.repository === `ecr-public/${repository}`))

const isComplete = ({ layers, receivedBytes, expectedBytes }: ImportInFlight) =>
  layers.length > LAYERS && receivedBytes === expectedBytes && layers.every(({ state }) => state === 'stored')

/** Resolves when the import of a repository has ended and is no longer told. */
async function hasEnded(stream: ActivityStream, repository: string): Promise<void> {
  await stream.first<ImportInFlight[]>('imports', (imports) => imports.some(isOf(repository)))
  let wasThere = false
  await stream.first<ImportInFlight[]>('imports', (imports) => {
    const isThere = imports.some(isOf(repository))
    wasThere ||= isThere
    return wasThere && !isThere
  })
}

const isOf = (repository: string) => (one: ImportInFlight) => one.repository === `ecr-public/${repository}`

/** That bytes only grew, from few to all, in many steps, and that every layer ended stored. */
function expectWholeMovement(states: readonly ImportInFlight[]): void {
  const bytes = states.map(({ receivedBytes }) => receivedBytes)
  expect(bytes).toEqual([...bytes].sort((a, b) => a - b))
  expect(new Set(bytes).size).toBeGreaterThan(4)
  expect(bytes[0]).toBeLessThan(20 * MiB)
  const last = states.at(-1)!
  expect(last.expectedBytes).toBeGreaterThan(50 * MiB)
  expect(last.layers.map(({ state }) => state)).toEqual(Array.from({ length: LAYERS + 1 }, () => 'stored'))
  expect(isComplete(last)).toBe(true)
}

describe.concurrent('GET /_admin/activity of a whole emulator', () => {
  let emulator: EmulatorProcess
  let token: string
  beforeAll(async () => {
    emulator = await emulatorProcess({ config: config() })
    const ecr = ecrClient(emulator)
    await ecr.send(createRule())
    token = await authorizationToken(ecr)
  })
  afterAll(() => emulator[Symbol.asyncDispose]())

  it('An import is seen moving layer by layer until it is complete, its events as they are recorded, and a stop ends the stream', async () => {
    addSlowImage('team/large')
    await using stream = await activityStream(emulator.endpoint)
    await pull(emulator.registry, token, 'team/large/manifests/v1')
    await hasEnded(stream, 'team/large')
    expectWholeMovement(statesOf(stream, 'team/large'))
    await stream.first<RecordedEvent>(
      'recorded',
      ({ detail }) => 'outcome' in detail && detail.outcome.startsWith('imported 50.0 MiB'),
    )
    expect(stream.all('imports').at(-1)).toEqual([])
    const begun = performance.now()
    const [code] = await Promise.all([emulator.stop(), stream.ended])
    expect(code).toBe(0)
    expect(performance.now() - begun, 'the stop waits for no stream').toBeLessThan(2_500)
  })
})

/** A control plane and data planes in processes of their own, over a Redis, with the rule of `createRule`. */
async function planesWithRule(data: number) {
  const redis = await startRedis()
  const planes = await startPlanes({ data, store: redis.url, config: config() })
  const ecr = ecrClient(planes)
  await ecr.send(createRule())
  const stop = async () => {
    await planes[Symbol.asyncDispose]()
    await redis[Symbol.asyncDispose]()
  }
  return { planes, token: await authorizationToken(ecr), stop }
}

describe.concurrent('GET /_admin/activity of planes in processes of their own', () => {
  let planes: Planes
  let token: string
  let stop: () => Promise<void>
  beforeAll(async () => {
    ;({ planes, token, stop } = await planesWithRule(2))
  })
  afterAll(() => stop())

  it('The imports of two data planes are seen moving together, also layers that one receives for the other', async () => {
    const [first] = [addSlowImage('team/first'), addSlowImage('team/second')]
    await using stream = await activityStream(planes.endpoint)
    await Promise.all([
      pull(planes.addressOf(0), token, 'team/first/manifests/v1'),
      pull(planes.addressOf(1), token, 'team/second/manifests/v1'),
    ])
    // The import fetches three layers at a time: the last one is received for a client of the other data plane first.
    const wanted = pull(planes.addressOf(1), token, `team/first/blobs/${first.layers.at(-1)}`)
    await Promise.all([hasEnded(stream, 'team/first'), hasEnded(stream, 'team/second'), wanted])
    expectWholeMovement(statesOf(stream, 'team/first'))
    expectWholeMovement(statesOf(stream, 'team/second'))
    const isAhead = ({ layers }: ImportInFlight) =>
      (layers.at(-1)?.receivedBytes ?? 0) > 0 && layers.some(({ state }) => state === 'waiting')
    expect(statesOf(stream, 'team/first').some(isAhead)).toBe(true)
  })
})

describe.concurrent('GET /_admin/activity of a data plane that is killed', () => {
  let planes: Planes
  let token: string
  let stop: () => Promise<void>
  beforeAll(async () => {
    ;({ planes, token, stop } = await planesWithRule(1))
  })
  afterAll(() => stop())

  it('Its import waits, and the next data plane that starts completes it', async () => {
    const image = upstream.addImage('team/killed', { tag: 'v1', layers: 1, layerSize: 4 * MiB, seed: 'killed' })
    // The second time it takes long enough to be seen: what is over within a second is written to no record.
    upstream.fault(`blobs/${image.layers[0]}`, drip(MiB / 4, 200))
    upstream.fault(`blobs/${image.layers[0]}`, stall(MiB), { times: 1 })
    await using stream = await activityStream(planes.endpoint)
    await pull(planes.addressOf(0), token, 'team/killed/manifests/v1')
    const isKilled = isOf('team/killed')
    const shows = (is: (one: ImportInFlight) => boolean) =>
      stream.first<ImportInFlight[]>('imports', (imports) => imports.some((one) => isKilled(one) && is(one)))
    await shows(({ isRunning, receivedBytes }) => isRunning && receivedBytes >= MiB)
    await planes.kill(0)
    // No other data plane runs that could take the import over before it is seen waiting.
    await shows(({ isRunning }) => !isRunning)
    await planes.restart(0)
    await hasEnded(stream, 'team/killed')
    const last = statesOf(stream, 'team/killed').at(-1)
    expect(last?.layers.map(({ state }) => state)).toEqual(['stored', 'stored'])
  })
})
