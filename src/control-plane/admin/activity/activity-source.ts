import type { RecordedEvent } from '../../../registry/events.js'
import type { Store } from '../../../registry/ports/store.js'
import { installation } from '../../../registry/registry.js'
import type { ImportInFlight } from '../admin-answers.js'
import { eventTail } from './event-tail.js'
import { importsInFlight } from './imports-in-flight.js'
import { liveImports, type LiveImportsDeps } from './live-imports.js'

/** What was read of the store, for all who watch. */
export interface ActivitySource {
  /** Whether something was read since the last pause. */
  readonly isCurrent: boolean
  readonly imports: readonly ImportInFlight[]
  /** The latest events, in the order in which they were recorded. */
  readonly events: readonly RecordedEvent[]
  /** How many events there were before those. */
  readonly eventsForgotten: number
  /** Reads what is new, and resolves with true. */
  read(): Promise<true>
  /** Called when nothing has been read for a while. */
  pause(): void
}

/** The dependencies of reading what happens. */
export interface ActivitySourceDeps extends LiveImportsDeps {
  readonly store: Pick<Store, 'imports' | 'importActivity' | 'events' | 'count'>
}

/** The most imports that clients are told at a time. */
const MAX_IMPORTS = 500

/** How many events are kept, besides those of the last read, for clients that are behind or connect again. */
const EVENTS_KEPT = 2_000

/** A source that has read nothing yet. */
export function activitySource({ store, ...deps }: ActivitySourceDeps): ActivitySource {
  const [tail, live, inFlight] = [eventTail(store), liveImports({ store, ...deps }), importsInFlight()]
  const source = {
    isCurrent: false,
    imports: [] as readonly ImportInFlight[],
    events: [] as readonly RecordedEvent[],
    eventsForgotten: 0,
    async read(): Promise<true> {
      const [plans, activities] = await Promise.all([store.imports.list(installation, { limit: MAX_IMPORTS }), live()])
      // Last, because events that it has returned are not returned again.
      const found = await tail.poll(!source.isCurrent)
      source.imports = inFlight(plans.items, activities).slice(0, MAX_IMPORTS)
      keep(found)
      source.isCurrent = true
      return true
    },
    pause: () => void (source.isCurrent = false),
  }

  /** Those of this read are kept for clients that are told now; after a pause there are none. */
  function keep(found: readonly RecordedEvent[]): void {
    const kept = [...source.events.slice(-EVENTS_KEPT), ...found]
    const events = source.isCurrent ? kept : kept.slice(-EVENTS_KEPT)
    source.eventsForgotten += source.events.length + found.length - events.length
    source.events = events
  }

  return source
}
