import { describe, expect, it } from 'vitest'
import { memoryKeyValue } from '../../src/adapters/memory/key-value.js'
import { randomIds } from '../../src/adapters/system/random-ids.js'
import { eventDeliveryTask } from '../../src/background/event-delivery/event-delivery.js'
import { eventLog } from '../../src/registry/event-log.js'
import type { RecordedEvent } from '../../src/registry/events.js'
import type { Delivery, EventSink } from '../../src/registry/ports/event-sink.js'
import { installation } from '../../src/registry/registry.js'
import { storeOf } from '../../src/store/store-of.js'
import { recordedLog } from '../support/recorded-log.js'
import { pullEvent, pushEvent } from '../support/recorded-events.js'

const registry = { account: '123456789012', region: 'us-east-1' }
const start = new Date('2026-01-02T03:04:05.678Z')

/** A sink whose results a spec decides about, and the events that were delivered to it. */
function sinkThat(decide: (event: RecordedEvent) => Delivery = () => ({ result: 'delivered' })) {
  const received: string[] = []
  const sink: EventSink = {
    name: 'eventbridge',
    takes: ({ source }) => source === 'aws.ecr',
    deliver: async (events) => {
      received.push(...events.map(tagOf))
      return events.map((event) => settings.decide(event))
    },
    close: async () => {},
  }
  const settings = { decide, received, sink }
  return settings
}

const tagOf = (event: RecordedEvent) => ('image-tag' in event.detail ? String(event.detail['image-tag']) : 'untagged')

function delivering(maxWaiting?: number, setup = sinkThat()) {
  const store = storeOf(memoryKeyValue())
  const log = recordedLog()
  let wall = start.getTime()
  const clock = { wall: () => new Date(wall) }
  const events = eventLog({ store, ids: randomIds, sinks: [setup.sink] })
  const deps = { store, clock, log, ...(maxWaiting !== undefined && { maxWaiting }) }
  return {
    store,
    log,
    setup,
    events,
    record: (tag: string, at = 0) =>
      events.record({ registry, repository: 'app', ...kindOf(pushEvent(tag)) }, new Date(start.getTime() + at)),
    task: eventDeliveryTask(setup.sink, deps),
    restartedTask: () => eventDeliveryTask(setup.sink, deps),
    pass: (milliseconds: number) => (wall += milliseconds),
    waiting: async () =>
      (await store.undeliveredEvents.list(installation, { limit: 100 })).items.map((event) => tagOf(event)),
  }
}

const kindOf = ({ 'detail-type': type, source, detail }: ReturnType<typeof pushEvent>) => ({
  'detail-type': type,
  source,
  detail,
})
const run = (task: { run(stopSignal: AbortSignal): Promise<void> }) => task.run(new AbortController().signal)

describe('event delivery', () => {
  it('Recorded events reach the sink once, in the order of their times, whatever the order of their recording', async () => {
    const { record, task, setup, waiting } = delivering()
    await record('second', 2)
    await record('first', 1)
    await run(task)
    await record('late', 0)
    await run(task)
    await run(task)

    expect(setup.received).toEqual(['first', 'second', 'late'])
    expect(await waiting()).toEqual([])
  })

  it('Delivered events are still listed by the event log', async () => {
    const { record, task, store } = delivering()
    await record('v1')
    await run(task)
    expect((await store.events.list(installation, { limit: 10 })).items.map(tagOf)).toEqual(['v1'])
  })

  it('Events that the sink does not take do not wait for it', async () => {
    const { events, waiting } = delivering()
    const { 'detail-type': type, source, detail } = pullEvent
    await events.record({ registry, repository: 'app', 'detail-type': type, source, detail }, start)
    expect(await waiting()).toEqual([])
  })

  it('Without sinks no event is stored twice', async () => {
    const store = storeOf(memoryKeyValue())
    await eventLog({ store, ids: randomIds }).record({ registry, repository: 'app', ...kindOf(pushEvent('v1')) }, start)
    expect((await store.undeliveredEvents.list(installation, { limit: 1 })).items).toEqual([])
  })

  it('An event whose result is lost with the process is delivered again by the next process', async () => {
    const { record, setup, waiting, restartedTask, task } = delivering()
    await record('v1')
    const { deliver } = setup.sink
    Object.assign(setup.sink, {
      deliver: async (...call: Parameters<typeof deliver>) => {
        await deliver(...call)
        throw new Error('killed')
      },
    })
    await expect(run(task)).rejects.toThrow('killed')
    expect(await waiting()).toEqual(['v1'])

    Object.assign(setup.sink, { deliver })
    await run(restartedTask())
    expect(setup.received).toEqual(['v1', 'v1'])
    expect(await waiting()).toEqual([])
  })

  it('Events that fail are tried again after a delay that doubles up to a minute, and the log says why', async () => {
    const { record, setup, task, pass, log } = delivering()
    setup.decide = () => ({ result: 'retry', reason: 'ThrottlingException: slow down' })
    await record('v1')
    await run(task)
    await run(task)
    pass(999)
    await run(task)
    expect(setup.received).toHaveLength(1)

    for (let n = 0; n < 8; n++) {
      pass(60_000)
      await run(task)
    }
    expect(setup.received).toHaveLength(9)
    const delays = log.lines.map(([, facts]) => (facts as { delayMs: number }).delayMs)
    expect(delays).toEqual([1000, 2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000, 60_000])
    const reason = 'ThrottlingException: slow down'
    expect(log.lines[0]).toEqual([
      'warn',
      { sink: 'eventbridge', reason, delayMs: 1000 },
      'events could not be delivered and are tried again',
    ])

    setup.decide = () => ({ result: 'delivered' })
    pass(60_000)
    await run(task)
    setup.decide = () => ({ result: 'retry', reason })
    await record('v2')
    await run(task)
    expect(log.lines.at(-1)?.[1]).toMatchObject({ delayMs: 1000 })
  })

  it('Delivery is due while events wait, except during a delay', async () => {
    const { record, setup, task, pass } = delivering()
    expect(await task.isDue()).toBe(false)
    await record('v1')
    expect(await task.isDue()).toBe(true)
    setup.decide = () => ({ result: 'retry', reason: 'busy' })
    await run(task)
    expect(await task.isDue()).toBe(false)
    pass(1000)
    expect(await task.isDue()).toBe(true)
  })

  it('Of a batch that fails in part only the failed events are tried again', async () => {
    const { record, setup, task, pass, waiting } = delivering()
    setup.decide = (event) => (tagOf(event) === 'b' ? { result: 'retry', reason: 'busy' } : { result: 'delivered' })
    for (const [at, tag] of ['a', 'b', 'c'].entries()) await record(tag, at)
    await run(task)
    expect(await waiting()).toEqual(['b'])

    setup.decide = () => ({ result: 'delivered' })
    pass(1000)
    await run(task)
    expect(setup.received).toEqual(['a', 'b', 'c', 'b'])
  })

  it('A refused event is given up, which the log says, and holds up no other', async () => {
    const { record, setup, task, waiting, log, store } = delivering()
    const reason = 'NotAuthorizedForSourceException: Not authorized for the source.'
    setup.decide = (event) => (tagOf(event) === 'a' ? { result: 'refused', reason } : { result: 'delivered' })
    await record('a', 1)
    await record('b', 2)
    const [refused] = (await store.events.list(installation, { limit: 1 })).items
    await run(task)

    expect(await waiting()).toEqual([])
    const facts = { sink: 'eventbridge', event: refused?.id, reason }
    expect(log.lines).toEqual([['error', facts, 'an event was refused and is given up']])
  })

  it('Beyond the limit the oldest waiting events are given up, and the log says how many', async () => {
    const { record, setup, task, waiting, log } = delivering(3)
    setup.decide = () => ({ result: 'retry', reason: 'outage' })
    for (const [at, tag] of ['a', 'b', 'c', 'd', 'e'].entries()) await record(tag, at)
    await run(task)

    expect(await waiting()).toEqual(['c', 'd', 'e'])
    expect(log.lines[0]).toEqual([
      'error',
      { sink: 'eventbridge', events: 2 },
      'the oldest undelivered events are given up: too many wait',
    ])
  })

  it('More events than one page are delivered in one run', async () => {
    const { record, setup, task, waiting } = delivering()
    for (let n = 0; n < 250; n++) await record(`v${n}`, n)
    await run(task)
    expect(setup.received).toHaveLength(250)
    expect(await waiting()).toEqual([])
  })

  it('A run that is stopped delivers nothing more', async () => {
    const { record, setup, task } = delivering()
    await record('v1')
    await task.run(AbortSignal.abort())
    expect(setup.received).toEqual([])
  })
})
