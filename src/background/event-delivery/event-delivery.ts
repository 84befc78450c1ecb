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

/** The delay after the first failure in a row, which doubles with each up to the longest. By the machine's clock. */
const FIRST_DELAY_MS = 1_000
const LONGEST_DELAY_MS = 60_000

/**
 * The task that delivers the recorded events to one sink, each at least once and in their order, except for those that
 * are tried again. An event remains stored until the sink has it, so that neither a killed process nor a sink that is
 * down loses any; only when more than the limit wait are the oldest given up, which is logged with their number.
 */
export function eventDeliveryTask(sink: EventSink, deps: EventDeliveryDeps): Task {
  const { store, clock, log } = deps
  const prefix = `${sink.name} `
  let failures = 0
  let retryAt = 0

  function delay(reason: string): void {
    const delayMs = Math.min(LONGEST_DELAY_MS, FIRST_DELAY_MS * 2 ** failures)
    failures += 1
    retryAt = clock.wall().getTime() + delayMs
    log.warn({ sink: sink.name, reason, delayMs }, 'events could not be delivered and are tried again')
  }

  async function settle(events: readonly RecordedEvent[], results: readonly Delivery[]): Promise<void> {
    for (const [index, event] of events.entries()) {
      const delivery = results[index]
      if (!delivery || delivery.result === 'retry') continue
      if (delivery.result === 'refused')
        log.error({ sink: sink.name, event: event.id, reason: delivery.reason }, 'an event was refused and is given up')
      await store.undeliveredEvents.remove(installation, keyOf(sink.name, event.time, event.id))
    }
  }

  return {
    name: `event delivery to ${sink.name}`,
    everyMs: 2_000,
    watches: ['undeliveredEvents'],
    async isDue() {
      if (clock.wall().getTime() < retryAt) return false
      return (await store.undeliveredEvents.list(installation, { limit: 1, prefix })).items.length > 0
    },
    async run(stopSignal) {
      await giveUpOldest(sink, deps)
      while (!stopSignal.aborted && clock.wall().getTime() >= retryAt) {
        const { items } = await store.undeliveredEvents.list(installation, { limit: PAGE, prefix })
        if (items.length === 0) return
        const results = await sink.deliver(items, stopSignal)
        await settle(items, results)
        if (stopSignal.aborted) return
        const retried = results.find(({ result }) => result === 'retry')
        if (retried?.result === 'retry') delay(retried.reason)
        else failures = 0
      }
    },
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
