import type { IncomingHttpHeaders, ServerResponse } from 'node:http'
import { queryOf } from '../admin-query.js'
import type { Reply } from '../explain-route.js'
import type { ActivityWatch } from './activity-watch.js'
import { eventStream } from './event-stream.js'

/** An answer that goes on until the client or the plane ends it. */
export interface StreamReply {
  readonly stream: (res: ServerResponse) => void
}

/** The most events before the connection that a client may ask for. */
const MAX_LATEST = 1_000

/** How many clients may watch: each holds a connection. */
const MAX_WATCHERS = 32

/**
 * Streams imports in flight and events to a client: see `ImportInFlight`. A client that connects again says in
 * `Last-Event-ID` which event it had last, as browsers do. Throws BadQuery.
 */
export function watchActivity(
  url: string,
  headers: IncomingHttpHeaders,
  watch: ActivityWatch,
  stopSignal: AbortSignal | undefined,
): Reply | StreamReply {
  const query = queryOf(url)
  const of = query.filter()
  const latest = query.count('latest', { min: 0, max: MAX_LATEST, absent: 0 })
  const { 'last-event-id': after } = headers
  if (stopSignal?.aborted) return unavailable('The control plane is stopping')
  if (watch.size >= MAX_WATCHERS)
    return unavailable(`${MAX_WATCHERS} clients watch the activity already, and more may not: disconnect one of them`)
  const from = typeof after === 'string' && after !== '' ? { after } : { latest }
  return {
    stream(res) {
      const stream = eventStream(res, { onDrain: () => watcher.tell(), onClose: () => watch.remove(watcher) })
      const watcher = watch.add(stream, { of, from })
    },
  }
}

const unavailable = (message: string): Reply => ({ status: 503, body: { message } })
