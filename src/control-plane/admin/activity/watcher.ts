import type { RecordedEvent } from '../../../registry/events.js'
import type { Registry } from '../../../registry/registry.js'
import type { ActivitySource } from './activity-source.js'
import type { EventStream } from './event-stream.js'
import { eventKey } from './event-tail.js'

/** What a client wants to be told. */
export interface Interest {
  /** The registries that it watches. */
  readonly of: Partial<Registry>
  /** How many of the events before it are to be sent first, or the id of the last event that it has already. */
  readonly from: { readonly latest: number } | { readonly after: string }
}

/** A client that watches. */
export interface Watcher {
  /** Sends what the client does not have yet, as far as it keeps up. */
  tell(): void
  end(): void
}

/**
 * A client is sent the imports when they have changed since it was last sent them, and every event once, in the order
 * in which they were recorded. While it is behind it is sent nothing: of the imports it then misses states in between,
 * of the events none, unless so many are recorded that they are no longer kept. Then it is disconnected, and may
 * connect again and say which event it had last.
 */
export function watcherOf(stream: EventStream, { of, from }: Interest, source: ActivitySource): Watcher {
  let toldImports: string | undefined
  let events: Cursor | undefined
  const isOf = ({ account, region }: Registry) =>
    account === (of.account ?? account) && region === (of.region ?? region)

  function tellImports(): void {
    const imports = JSON.stringify(source.imports.filter(isOf))
    if (imports !== toldImports) stream.send('imports', imports)
    toldImports = imports
  }

  return {
    tell() {
      if (!source.isCurrent || stream.isBehind) return
      tellImports()
      events ??= beginning(source, from, isOf)
      if (events.next < source.eventsForgotten) return stream.end()
      for (; !stream.isBehind; events.next++) {
        const event = source.events[events.next - source.eventsForgotten]
        if (!event) return
        const isDue = isOf(event) && (events.next >= events.newFrom || events.isWanted(event))
        if (isDue) stream.send('recorded', JSON.stringify(event), eventKey(event))
      }
    },
    end: () => stream.end(),
  }
}

/** Where a client is among the events, counted from the first one that was ever read. */
interface Cursor {
  next: number
  /** From here on every event is sent; before, those that are wanted. */
  readonly newFrom: number
  readonly isWanted: (event: RecordedEvent) => boolean
}

/** The event that a client names may be forgotten: then it is sent those of later times. */
function beginning(
  { events, eventsForgotten }: ActivitySource,
  from: Interest['from'],
  isOf: (event: RecordedEvent) => boolean,
): Cursor {
  const newFrom = eventsForgotten + events.length
  if ('after' in from) {
    const position = events.findIndex((event) => eventKey(event) === from.after)
    if (position >= 0) return { next: eventsForgotten + position + 1, newFrom, isWanted: () => true }
    return { next: eventsForgotten, newFrom, isWanted: (event) => eventKey(event) > from.after }
  }
  const wanted = new Set(from.latest === 0 ? [] : events.filter(isOf).slice(-from.latest))
  return { next: eventsForgotten, newFrom, isWanted: (event) => wanted.has(event) }
}
