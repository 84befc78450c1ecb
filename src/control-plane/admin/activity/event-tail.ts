import type { RecordedEvent } from '../../../registry/events.js'
import { listEach } from '../../../registry/list-records.js'
import { keyOf, type Store } from '../../../registry/ports/store.js'
import { installation } from '../../../registry/registry.js'

/** Finds events as they are recorded, by any process. */
export interface EventTail {
  /**
   * The events that were recorded since the last call, each once. The first call finds all that are stored. `thorough`
   * reads all events instead of the latest, and is for the first call after a pause.
   */
  poll(thorough: boolean): Promise<readonly RecordedEvent[]>
}

/** The key of an event, which is also its id in a stream. */
export const eventKey = ({ time, id }: RecordedEvent): string => keyOf(time, id)

/** How far back before the latest event each poll looks: most events that are recorded late are within it. */
const WINDOW_MS = 10_000

/** How often all events are read although nothing suggests that one was missed, in milliseconds. */
const THOROUGH_EVERY_MS = 60_000

/**
 * Events are stored in the order of the emulator's time, and one may be recorded long after its time: a failed check
 * minutes after the request, a change of an image after the clock was advanced. So a position in the list would not do.
 * Known are the keys of all events that are stored, about ten thousand. A poll reads those within a window of the
 * latest; if there are then more events in the store than known ones, it reads all. If there are fewer, twice in a row,
 * events were pruned or everything was removed, and the same is done.
 */
export function eventTail(store: Pick<Store, 'events' | 'count'>): EventTail {
  let known = new Set<string>()
  let [latest, wasAhead, readAllAt] = ['', false, -Infinity]
  /** Kept if a poll fails, so that the next one returns them. */
  const found: RecordedEvent[] = []

  /** Reads events after a key, or all; then those that are no longer stored are forgotten, too. */
  async function read(after?: string): Promise<void> {
    const unknown: RecordedEvent[] = []
    const keys = new Set<string>()
    for await (const event of listEach(store.events, installation, { after })) {
      const key = eventKey(event)
      keys.add(key)
      if (!known.has(key)) unknown.push(event)
    }
    found.push(...unknown)
    if (after === undefined) {
      known = keys
      latest = ''
      readAllAt = performance.now()
    } else for (const key of keys) known.add(key)
    for (const key of keys) if (key > latest) latest = key
  }

  return {
    async poll(thorough) {
      const isThorough = thorough || latest === '' || performance.now() - readAllAt > THOROUGH_EVERY_MS
      const stored = await store.count(installation, 'events')
      await read(isThorough ? undefined : windowBefore(latest))
      const isAhead = known.size > stored
      const isMissing = known.size < stored || (isAhead && wasAhead)
      wasAhead = isAhead && !isMissing
      if (isMissing && !isThorough) await read()
      return found.splice(0)
    },
  }
}

/** A key before those of events from within the window before this one. */
function windowBefore(key: string): string {
  const [time = ''] = key.split(' ')
  return new Date(Date.parse(time) - WINDOW_MS).toISOString()
}
