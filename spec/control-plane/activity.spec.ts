import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { request } from 'undici'
import { describe, expect, it } from 'vitest'
import { memoryKeyValue } from '../../src/adapters/memory/key-value.js'
import type { ImportInFlight } from '../../src/control-plane/admin/admin-answers.js'
import type { ImportActivity } from '../../src/registry/cache-rules/import-activity.js'
import type { RecordedEvent } from '../../src/registry/events.js'
import { keyOf } from '../../src/registry/ports/store.js'
import { installation } from '../../src/registry/registry.js'
import { storeOf } from '../../src/store/store-of.js'
import { activityStream } from '../support/activity-stream.js'
import { account, type EmulatorOptions, now, region, startEmulator } from '../support/emulator.js'

const other = '999999999999'
const digest = `sha256:${'a'.repeat(64)}`
const layer = `sha256:${'b'.repeat(64)}`
const plan = { account, region, repository: 'quay/app', digest, tag: 'v1', plannedAt: now.getTime() }

/** An event that differs from others by its id and its time, in seconds after `now`. */
const eventOf = (id: string, seconds = 0, of = account): RecordedEvent => ({
  version: '0',
  id,
  account: of,
  region,
  time: new Date(now.getTime() + seconds * 1000).toISOString(),
  resources: [],
  'detail-type': 'ECR Image Action',
  source: 'aws.ecr',
  detail: { result: 'SUCCESS', 'repository-name': 'app', 'image-digest': digest, 'action-type': 'PUSH' },
})

async function startWatched(options: EmulatorOptions = {}) {
  const stopping = new AbortController()
  const emulator = await startEmulator({ stopSignal: stopping.signal, ...options })
  const { store } = emulator.deps
  const record = (event: RecordedEvent) => store.events.put(installation, keyOf(event.time, event.id), event)
  const watch = (query?: string, headers?: Record<string, string>) => activityStream(emulator.endpoint, query, headers)
  const [close] = [emulator[Symbol.asyncDispose]]
  return {
    ...emulator,
    store,
    stopping,
    record,
    watch,
    async [Symbol.asyncDispose]() {
      stopping.abort()
      await close()
    },
  }
}

const ids = (events: readonly RecordedEvent[]) => events.map(({ id }) => id)
const has = (id: string) => (event: RecordedEvent) => event.id === id

describe.concurrent('GET /_admin/activity: the stream', () => {
  it('It is a stream of events that nothing stores or holds back, with the protective headers of admin answers', async () => {
    await using emulator = await startWatched()
    await using stream = await emulator.watch()
    expect(stream.headers).toMatchObject({
      'content-type': 'text/event-stream',
      'cache-control': 'no-store',
      'x-accel-buffering': 'no',
      'x-content-type-options': 'nosniff',
      'content-security-policy': expect.stringContaining("default-src 'none'"),
    })
  })

  it('The first event has the imports in flight, also if there are none', async () => {
    await using emulator = await startWatched()
    await using stream = await emulator.watch('latest=5')
    await stream.first('imports', () => true)
    expect(stream.received[0]).toEqual({ event: 'imports', id: undefined, data: [] })
  })

  it.each([
    ['account=1', 'account must be an account id of 12 digits, such as 123456789012; got "1"'],
    ['region=mars', 'region must be a Region, such as us-east-1; got "mars"'],
    ['latest=many', 'latest must be a whole number from 0 to 1000; got "many"'],
    ['latest=1001', 'latest must be a whole number from 0 to 1000; got "1001"'],
  ])('The query %s is refused with 400 and what it must be', async (query, message) => {
    await using emulator = await startWatched()
    const { statusCode, body } = await request(`${emulator.endpoint}/_admin/activity?${query}`)
    expect({ statusCode, body: await body.json() }).toEqual({ statusCode: 400, body: { message } })
  })

  it.each(['HEAD', 'POST'] as const)('%s is refused with 405 and does not wait', async (method) => {
    await using emulator = await startWatched()
    const { statusCode, headers, body } = await request(`${emulator.endpoint}/_admin/activity`, { method })
    await body.dump()
    expect({ statusCode, allow: headers.allow }).toEqual({ statusCode: 405, allow: 'GET' })
  })

  it('It is guarded like every admin endpoint: by the origin, and by the token if there is one', async () => {
    await using emulator = await startWatched()
    await expect(emulator.watch('', { origin: 'https://evil.example' })).rejects.toThrow('403')
    await expect(emulator.watch('', { host: 'rebound.example' })).rejects.toThrow('403')
    await using guarded = await startWatched({ adminToken: 'the-token-of-this-plane' })
    await expect(guarded.watch()).rejects.toThrow('401')
    await using stream = await guarded.watch('', { authorization: 'Bearer the-token-of-this-plane' })
    await stream.first('imports', () => true)
  })

  it('More clients than the limit are refused with 503, and let in when another has gone', async ({
    expect: ofTest,
  }) => {
    await using emulator = await startWatched()
    const streams = await Promise.all(Array.from({ length: 32 }, () => emulator.watch()))
    const { statusCode, body } = await request(`${emulator.endpoint}/_admin/activity`)
    expect({ statusCode, body: await body.json() }).toEqual({
      statusCode: 503,
      body: { message: '32 clients watch the activity already, and more may not: disconnect one of them' },
    })
    await streams[0]![Symbol.asyncDispose]()
    await ofTest.poll(() => emulator.watch().then((stream) => stream[Symbol.asyncDispose]())).toBeUndefined()
    for (const stream of streams) await stream[Symbol.asyncDispose]()
  })

  it('Streams that a client has pipelined take no place after it has disconnected', async ({ expect: ofTest }) => {
    await using emulator = await startWatched()
    const socket = connect(Number(new URL(emulator.endpoint).port), '127.0.0.1').on('error', () => {})
    socket.write('GET /_admin/activity HTTP/1.1\r\nhost: localhost\r\n\r\n'.repeat(33))
    await once(socket, 'data')
    socket.destroy()
    await ofTest.poll(() => emulator.watch().then((stream) => stream[Symbol.asyncDispose]())).toBeUndefined()
  })

  it('All streams end when the plane stops, and further ones are refused', async () => {
    await using emulator = await startWatched()
    await using stream = await emulator.watch()
    await stream.first('imports', () => true)
    emulator.stopping.abort()
    await stream.ended
    await expect(emulator.watch()).rejects.toThrow('503 {"message":"The control plane is stopping"}')
  })

  it('A client that does not read is disconnected instead of buffering for it, and others miss nothing', async () => {
    await using emulator = await startWatched()
    await using stream = await emulator.watch()
    const socket = connect(Number(new URL(emulator.endpoint).port), '127.0.0.1')
    socket.write('GET /_admin/activity HTTP/1.1\r\nhost: localhost\r\n\r\n')
    await once(socket, 'readable')
    const closed = closedOf(socket)
    // Too early to be read again with each poll.
    const large = { ...eventOf('large', -100), resources: ['x'.repeat(1_000_000)] }
    for (let i = 0; i < 16; i++) await emulator.record({ ...large, id: `large-${i}` })
    await stream.first('recorded', has('large-15'))
    for (const burst of ['a', 'b', 'c']) {
      for (let i = 0; i < 1_500; i++) await emulator.record(eventOf(`${burst}-${i}`, i / 1000))
      await stream.first('recorded', has(`${burst}-1499`))
    }
    socket.resume()
    await closed
    expect(new Set(ids(stream.all('recorded'))).size).toBe(16 + 4_500)
    expect(stream.all('recorded')).toHaveLength(16 + 4_500)
  })
})

/** Resolves when the other side has closed the connection. */
const closedOf = (socket: Socket) =>
  new Promise<void>((resolve) => {
    socket.on('error', () => {})
    socket.once('close', () => resolve())
  })

describe.concurrent('GET /_admin/activity: events', () => {
  it('Each event is sent once, when it is recorded, under an id, and not those before the client came', async () => {
    await using emulator = await startWatched()
    await emulator.record(eventOf('before'))
    await using stream = await emulator.watch()
    await stream.first('imports', () => true)
    await emulator.record(eventOf('one', 1))
    await stream.first('recorded', has('one'))
    await emulator.record(eventOf('two', 2))
    await stream.first('recorded', has('two'))
    const events = stream.received.filter(({ event }) => event === 'recorded')
    expect(events).toEqual([
      { event: 'recorded', id: keyOf(eventOf('one', 1).time, 'one'), data: eventOf('one', 1) },
      { event: 'recorded', id: keyOf(eventOf('two', 2).time, 'two'), data: eventOf('two', 2) },
    ])
  })

  it('The latest events are sent first on request, and those of another registry never', async () => {
    await using emulator = await startWatched()
    for (const [index, id] of ['a', 'b', 'c'].entries()) await emulator.record(eventOf(id, index))
    await emulator.record(eventOf('of another account', 9, other))
    await using stream = await emulator.watch(`latest=2&account=${account}&region=${region}`)
    await emulator.record(eventOf('also of another account', 10, other))
    await emulator.record(eventOf('d', 11))
    await stream.first('recorded', has('d'))
    expect(ids(stream.all('recorded'))).toEqual(['b', 'c', 'd'])
  })

  it('An event that is recorded late is sent, however early its time is', async () => {
    await using emulator = await startWatched()
    await emulator.record(eventOf('new', 1000))
    await using stream = await emulator.watch()
    await stream.first('imports', () => true)
    await emulator.record(eventOf('an hour late', -2600))
    await stream.first('recorded', has('an hour late'))
    await emulator.record(eventOf('a second late', 999))
    await stream.first('recorded', has('a second late'))
    expect(ids(stream.all('recorded'))).toEqual(['an hour late', 'a second late'])
  })

  it('The stream goes on after a jump of the clock and after a reset', async () => {
    await using emulator = await startWatched()
    await emulator.record(eventOf('old'))
    await using stream = await emulator.watch()
    await stream.first('imports', () => true)
    await emulator.record(eventOf('a year later', 31_536_000))
    await stream.first('recorded', has('a year later'))
    await request(`${emulator.endpoint}/_admin/reset`, { method: 'POST' })
    await emulator.record(eventOf('after the reset', 5))
    await stream.first('recorded', has('after the reset'))
    expect(ids(stream.all('recorded'))).toEqual(['a year later', 'after the reset'])
  })

  it('A client that connects again gets what it has missed, in the order in which it was recorded', async () => {
    await using emulator = await startWatched()
    const before = await emulator.watch()
    await before.first('imports', () => true)
    await emulator.record(eventOf('seen', 10))
    await before.first('recorded', has('seen'))
    const last = before.received.at(-1)!.id!
    await before[Symbol.asyncDispose]()
    await emulator.record(eventOf('missed', 11))
    await emulator.record(eventOf('missed and late', -3600))
    await using stream = await emulator.watch('latest=100', { 'last-event-id': last })
    await emulator.record(eventOf('live', 12))
    await stream.first('recorded', has('live'))
    expect(ids(stream.all('recorded')).sort()).toEqual(['live', 'missed', 'missed and late'])
  })

  it('A client that names an event which is no longer known gets those of later times', async () => {
    await using emulator = await startWatched()
    for (const [index, id] of ['a', 'b', 'c'].entries()) await emulator.record(eventOf(id, index))
    const after = keyOf(eventOf('a', 0).time, 'a-pruned-one')
    await using stream = await emulator.watch('', { 'last-event-id': after })
    await stream.first('recorded', has('c'))
    expect(ids(stream.all('recorded'))).toEqual(['b', 'c'])
  })

  it('Many clients are served by one reading of the store, and without a client it is not read', async ({
    expect: ofTest,
  }) => {
    const keyValue = memoryKeyValue()
    let reads = 0
    const counted = {
      ...keyValue,
      count: (...args: Parameters<typeof keyValue.count>) => {
        reads++
        return keyValue.count(...args)
      },
    }
    await using emulator = await startWatched({ store: storeOf(counted) })
    expect(reads).toBe(0)
    const streams = await Promise.all(Array.from({ length: 20 }, () => emulator.watch()))
    for (const stream of streams) await stream.first('imports', () => true)
    expect(reads).toBeLessThan(5)
    for (const stream of streams) await stream[Symbol.asyncDispose]()
    await ofTest
      .poll(
        async () => {
          const before = reads
          await new Promise((resolve) => setTimeout(resolve, 500))
          return reads - before
        },
        { timeout: 3_000 },
      )
      .toBe(0)
  })

  it('A store that fails for a while does not end the stream, and no event is lost', async () => {
    const keyValue = memoryKeyValue()
    let isBroken = false
    const list: typeof keyValue.list = (of, collection, page) =>
      isBroken && collection === 'importActivity'
        ? Promise.reject(new Error('the store is broken'))
        : keyValue.list(of, collection, page)
    await using emulator = await startWatched({ store: storeOf({ ...keyValue, list }) })
    await using stream = await emulator.watch()
    await stream.first('imports', () => true)
    isBroken = true
    await emulator.record(eventOf('meanwhile', 1))
    await new Promise((resolve) => setTimeout(resolve, 600))
    expect(stream.all('recorded')).toEqual([])
    isBroken = false
    await stream.first('recorded', has('meanwhile'))
  })
})

describe.concurrent('GET /_admin/activity: imports', () => {
  const activity = (process: string, beat: number, receivedBytes: number): ImportActivity => ({
    process,
    beat,
    imports: [
      {
        ...plan,
        receivedBytes,
        expectedBytes: 100,
        layers: [{ digest: layer, size: 100, receivedBytes, state: 'receiving' }],
        layersLeftOut: 0,
      },
    ],
    transfers: [],
  })
  const planned: ImportInFlight = {
    account,
    region,
    repository: 'quay/app',
    digest,
    tag: 'v1',
    startedAt: now.toISOString(),
    isRunning: false,
    receivedBytes: 0,
    expectedBytes: 0,
    layers: [],
  }

  it('Planned imports are told with their last failure, and again when that changes', async () => {
    await using emulator = await startWatched()
    const { store } = emulator
    await store.imports.put(installation, 'quay', plan)
    await using stream = await emulator.watch()
    await stream.first('imports', () => true)
    expect(stream.all('imports')).toEqual([[planned]])
    await store.imports.put(installation, 'quay', { ...plan, failedAt: now.getTime() })
    await stream.first<ImportInFlight[]>('imports', ([first]) => first?.failedAt !== undefined)
    await store.imports.remove(installation, 'quay')
    await stream.first<ImportInFlight[]>('imports', ({ length }) => length === 0)
    expect(stream.all('imports')).toEqual([[planned], [{ ...planned, failedAt: now.toISOString() }], []])
  })

  it('The data plane of the same process is asked directly, with the bytes that others have received', async () => {
    let receivedBytes = 10
    await using emulator = await startWatched({ ownActivity: () => activity('own', 0, receivedBytes) })
    await emulator.store.imports.put(installation, 'quay', plan)
    // An old record of this process does not count.
    await emulator.store.importActivity.put(installation, 'own', activity('own', 1, 5))
    await using stream = await emulator.watch()
    await stream.first<ImportInFlight[]>('imports', ([first]) => first?.receivedBytes === 10)
    receivedBytes = 20
    await stream.first<ImportInFlight[]>('imports', ([first]) => first?.receivedBytes === 20)
    const follower = { process: 'follower', beat: 1, imports: [], transfers: [{ digest: layer, receivedBytes: 70 }] }
    await emulator.store.importActivity.put(installation, 'follower', follower)
    const followed = await stream.first<ImportInFlight[]>('imports', ([first]) => first?.receivedBytes === 70)
    expect(followed).toEqual([
      {
        ...planned,
        isRunning: true,
        receivedBytes: 70,
        expectedBytes: 100,
        layers: [{ digest: layer, size: 100, receivedBytes: 70, state: 'receiving' }],
      },
    ])
  })

  it('Another process counts once its record changes, and no longer when it has stopped changing', async () => {
    await using emulator = await startWatched()
    const { store } = emulator
    await store.imports.put(installation, 'quay', plan)
    await store.importActivity.put(installation, 'left behind', activity('left behind', 7, 50))
    await using stream = await emulator.watch()
    await stream.first('imports', () => true)
    expect(stream.all('imports')).toEqual([[planned]])
    await store.importActivity.put(installation, 'left behind', activity('left behind', 8, 60))
    await stream.first<ImportInFlight[]>('imports', ([first]) => first?.receivedBytes === 60)
    await stream.first<ImportInFlight[]>('imports', () => stream.all<ImportInFlight[]>('imports').length === 3)
    expect(stream.all<ImportInFlight[]>('imports').at(-1)).toEqual([planned])
  })

  it('Only the imports of the registry that is watched are told', async () => {
    await using emulator = await startWatched()
    await emulator.store.imports.put(installation, 'quay', plan)
    await emulator.store.imports.put(installation, 'other', { ...plan, account: other })
    await using stream = await emulator.watch(`account=${other}`)
    await stream.first('imports', () => true)
    expect(stream.all('imports')).toEqual([[{ ...planned, account: other }]])
  })
})
