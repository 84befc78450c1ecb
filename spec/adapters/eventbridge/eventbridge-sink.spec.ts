import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { eventBridgeSink } from '../../../src/adapters/eventbridge/eventbridge-sink.js'
import { pullEvent, pushEvent } from '../../support/recorded-events.js'
import { eventBridgeServer } from '../../support/eventbridge-server.js'

const uninterrupted = new AbortController().signal
const settings = { eventBus: 'default', source: 'aws.ecr', timeoutMs: 3000 }

beforeEach(() => {
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'test')
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'test')
})
afterEach(() => void vi.unstubAllEnvs())

describe('EventBridge', () => {
  it('An event is an entry of PutEvents with the members of its envelope', async () => {
    await using bus = await eventBridgeServer()
    const sink = eventBridgeSink({ ...settings, endpoint: bus.endpoint })
    expect(await sink.deliver([pushEvent('v1')], uninterrupted)).toEqual([{ result: 'delivered' }])
    await sink.close()

    expect(bus.accepted).toEqual([
      {
        Time: 1767323045.678,
        Source: 'aws.ecr',
        DetailType: 'ECR Image Action',
        Detail: JSON.stringify(pushEvent('v1').detail),
        Resources: [],
        EventBusName: 'default',
      },
    ])
  })

  it('Another source and another event bus are sent as configured', async () => {
    await using bus = await eventBridgeServer()
    const sink = eventBridgeSink({ ...settings, endpoint: bus.endpoint, source: 'local.ecr', eventBus: 'ci' })
    await sink.deliver([pushEvent('v1')], uninterrupted)
    await sink.close()
    expect(bus.accepted).toMatchObject([{ Source: 'local.ecr', EventBusName: 'ci' }])
  })

  it('The events of ECR are taken, and those that only this emulator has are not', () => {
    const { takes } = eventBridgeSink({ ...settings, endpoint: 'http://127.0.0.1:1' })
    expect([takes(pushEvent('v1')), takes(pullEvent)]).toEqual([true, false])
  })

  it('A request has at most ten entries', async () => {
    await using bus = await eventBridgeServer()
    const sink = eventBridgeSink({ ...settings, endpoint: bus.endpoint })
    const events = Array.from({ length: 23 }, (_, n) => pushEvent(`v${n}`))
    expect((await sink.deliver(events, uninterrupted)).every(({ result }) => result === 'delivered')).toBe(true)
    await sink.close()

    expect(bus.requests.map((entries) => entries.length)).toEqual([10, 10, 3])
    expect(bus.accepted.map(({ Detail }) => Detail)).toEqual(events.map(({ detail }) => JSON.stringify(detail)))
  })

  it('A request has at most 256 KB, and an event that is larger alone is refused without a request', async () => {
    await using bus = await eventBridgeServer()
    const sink = eventBridgeSink({ ...settings, endpoint: bus.endpoint })
    const large = (tag: string, bytes: number) => pushEvent(tag + 'x'.repeat(bytes))
    const events = [large('a', 150_000), large('b', 150_000), large('c', 300_000), large('d', 10)]
    const results = await sink.deliver(events, uninterrupted)
    await sink.close()

    expect(bus.requests.map((entries) => entries.length)).toEqual([1, 1, 1])
    expect(results.map(({ result }) => result)).toEqual(['delivered', 'delivered', 'refused', 'delivered'])
    expect(results[2]).toEqual({ result: 'refused', reason: 'the event has more than 262144 bytes' })
  })

  it('Events are sent in their own Regions', async () => {
    await using bus = await eventBridgeServer()
    const sink = eventBridgeSink({ ...settings, endpoint: bus.endpoint })
    await sink.deliver([pushEvent('a'), pushEvent('b', 'eu-west-1'), pushEvent('c')], uninterrupted)
    await sink.close()
    expect(bus.regions).toEqual(['us-east-1', 'eu-west-1'])
    expect(bus.requests.map((entries) => entries.length)).toEqual([2, 1])
  })

  it.each([
    ['ThrottlingException', 'retry'],
    ['InternalFailure', 'retry'],
    ['NotAuthorizedForSourceException', 'refused'],
    ['MalformedDetail', 'refused'],
  ])('An entry that fails with %s is %s, and the others of its request are delivered', async (ErrorCode, result) => {
    await using bus = await eventBridgeServer()
    bus.decide = ({ Detail }) =>
      Detail.includes('"bad"') ? { ErrorCode, ErrorMessage: 'as configured' } : { EventId: 'e' }
    const sink = eventBridgeSink({ ...settings, endpoint: bus.endpoint })
    const results = await sink.deliver([pushEvent('a'), pushEvent('bad'), pushEvent('b')], uninterrupted)
    await sink.close()

    const delivered = { result: 'delivered' }
    expect(results).toEqual([delivered, { result, reason: `${ErrorCode}: as configured` }, delivered])
  })

  it('In an outage every event is to be tried again, and only the first request of a Region is sent', async () => {
    await using bus = await eventBridgeServer()
    bus.outage = 500
    const sink = eventBridgeSink({ ...settings, endpoint: bus.endpoint })
    const results = await sink.deliver(
      Array.from({ length: 12 }, (_, n) => pushEvent(`v${n}`)),
      uninterrupted,
    )
    await sink.close()

    expect(results[0]).toMatchObject({ result: 'retry', reason: expect.stringContaining('outage') as string })
    expect(results[11]).toEqual({ result: 'retry', reason: 'not sent, because an earlier request failed' })
  })

  it('An address where no service listens makes every event one to be tried again', async () => {
    const sink = eventBridgeSink({ ...settings, endpoint: 'http://127.0.0.1:1' })
    const [delivery] = await sink.deliver([pushEvent('a')], uninterrupted)
    await sink.close()
    expect(delivery).toMatchObject({ result: 'retry', reason: expect.stringContaining('ECONNREFUSED') as string })
  })
})
