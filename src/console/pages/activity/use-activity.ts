import { useEffect, useState } from 'react'
import type { ImportInFlight } from '../../../control-plane/admin/admin-answers.js'
import type { RecordedEvent } from '../../../registry/events.js'
import { listenToActivity } from './activity-stream.js'

/** What is known of what happens. */
export interface Activity {
  /** Undefined until the first answer. */
  readonly imports: readonly ImportInFlight[] | undefined
  /** The latest ones, the last recorded first. */
  readonly events: readonly RecordedEvent[]
  readonly connection: Connection
}

/** Whether the emulator is heard; if it is not, why, and when it is tried again. */
export type Connection =
  | { readonly state: 'connecting' | 'open' }
  | { readonly state: 'closed'; readonly error: unknown; readonly retryInMs: number }

/** How many events are kept. */
export const EVENTS_SHOWN = 500

const NOTHING: Activity = { imports: undefined, events: [], connection: { state: 'connecting' } }

/**
 * Follows what happens, from the latest events on. The path is that of the stream, with its query; a component that
 * changes it is another one, with another key.
 */
export function useActivity(path: string): Activity {
  const [activity, setActivity] = useState(NOTHING)
  useEffect(() => {
    const stop = new AbortController()
    const connection = (connection: Connection) => setActivity((before) => ({ ...before, connection }))
    void listenToActivity(
      path,
      {
        onOpen: () => connection({ state: 'open' }),
        onArrival: ({ imports, events }) =>
          setActivity((before) => ({
            ...before,
            imports: imports ?? before.imports,
            events: withNew(before.events, events),
          })),
        onClose: (error, retryInMs) => connection({ state: 'closed', error, retryInMs }),
      },
      stop.signal,
    )
    return () => stop.abort()
  }, [path])
  return activity
}

/** Adds events that have arrived. After a connection was lost, one may arrive again. */
function withNew(before: readonly RecordedEvent[], arrived: readonly RecordedEvent[]): readonly RecordedEvent[] {
  const known = new Set(before.map(({ id }) => id))
  return [...arrived.filter(({ id }) => !known.has(id)).toReversed(), ...before].slice(0, EVENTS_SHOWN)
}
