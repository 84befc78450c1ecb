import type { RecordedEvent } from '../../registry/events.js'
import { listEach } from '../../registry/list-records.js'
import type { Clock } from '../../registry/ports/clock.js'
import type { Delivery, EventSink } from '../../registry/ports/event-sink.js'
import type { Log } from '../../registry/ports/log.js'
import { keyOf, type Store } from '../../registry/ports/store.js'
import { installation } from '../../registry/registry.js'
import type { Task } from '../tasks.js'

/** The dependencies of delivering events. */
export interface EventDeliveryDeps {
  readonly store: Store
  readonly clock: Pick<Clock, 'wall'>
  readonly log: Log
  /** The most events that wait for one sink; beyond it the oldest are given up. */
  readonly maxWaiting?: number
}

/** As many as `/_admin/events` lists. */
const MAX_WAITING = 10_000

/** How many events are read and delivered at a time. */
const PAGE = 100

/** The delay after the first failure in a row, which doubles with each up to the longest. */
const FIRST_DELAY_MS = 1_000
const LONGEST_DELAY_MS = 60_000

/**
 * The task that delivers the recorded events to one sink, each at least once and in their order, except for those that
 * are tried again. An event remains stored until the sink has it, so that neither a killed process nor a sink that is
 * down loses any; only when more than the limit wait are the oldest given up, which is logged with their number.
 */
export function eventDeliveryTask(sink: EventSink, deps: EventDeliveryDeps): Task {
  const { store, log } = deps
  const delay = retryDelay(deps.clock)
  const waiting = async (limit: number) =>
    (await store.undeliveredEvents.list(installation, { limit, prefix: `${sink.name} ` })).items

  async function deliver(events: readonly RecordedEvent[], stopSignal: AbortSignal): Promise<void> {
    const results = await sink.deliver(events, stopSignal)
    await settle(events, results, sink, deps)
    if (stopSignal.aborted) return
    const retried = results.find(({ result }) => result === 'retry')
    if (retried?.result !== 'retry') return delay.end()
    const facts = { sink: sink.name, reason: retried.reason, delayMs: delay.begin() }
    log.warn(facts, 'events could not be delivered and are tried again')
  }

  return {
    name: `event delivery to ${sink.name}`,
    everyMs: 2_000,
    watches: ['undeliveredEvents'],
    isDue: async () => !delay.isRunning() && (await waiting(1)).length > 0,
    async run(stopSignal) {
      await giveUpOldest(sink, deps)
      while (!stopSignal.aborted && !delay.isRunning()) {
        const events = await waiting(PAGE)
        if (events.length === 0) return
        await deliver(events, stopSignal)
      }
    },
  }
}

/** The delay after failures in a row, by the machine's clock. */
function retryDelay(clock: Pick<Clock, 'wall'>) {
  let failures = 0
  let endsAt = 0
  return {
    isRunning: () => clock.wall().getTime() < endsAt,
    /** Returns its length in milliseconds. */
    begin() {
      const delayMs = Math.min(LONGEST_DELAY_MS, FIRST_DELAY_MS * 2 ** failures)
      failures += 1
      endsAt = clock.wall().getTime() + delayMs
      return delayMs
    },
    end() {
      failures = 0
    },
  }
}

/** Removes the events that were delivered, and those that were refused for good. */
async function settle(
  events: readonly RecordedEvent[],
  results: readonly Delivery[],
  { name: sink }: EventSink,
  { store, log }: EventDeliveryDeps,
): Promise<void> {
  for (const [index, { time, id }] of events.entries()) {
    const delivery = results[index]
    if (!delivery || delivery.result === 'retry') continue
    if (delivery.result === 'refused')
      log.error({ sink, event: id, reason: delivery.reason }, 'an event was refused and is given up')
    await store.undeliveredEvents.remove(installation, keyOf(sink, time, id))
  }
}

/** Removes the oldest events of a sink beyond the limit. */
async function giveUpOldest(
  { name }: EventSink,
  { store, log, maxWaiting = MAX_WAITING }: EventDeliveryDeps,
): Promise<void> {
  const prefix = `${name} `
  if (await store.undeliveredEvents.holdsFewerThan(installation, maxWaiting + 1, prefix)) return
  const waiting: string[] = []
  for await (const { time, id } of listEach(store.undeliveredEvents, installation, { prefix }))
    waiting.push(keyOf(name, time, id))
  const givenUp = waiting.slice(0, -maxWaiting)
  for (const key of givenUp) await store.undeliveredEvents.remove(installation, key)
  log.error({ sink: name, events: givenUp.length }, 'the oldest undelivered events are given up: too many wait')
}
