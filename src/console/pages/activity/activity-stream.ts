import { createParser, type EventSourceMessage } from 'eventsource-parser'
import type { ImportInFlight } from '../../../control-plane/admin/admin-answers.js'
import type { RecordedEvent } from '../../../registry/events.js'
import { AdminRefusal, fetchAdmin } from '../../requests/admin.js'
import { pause } from '../../requests/pause.js'

/** What has arrived at once: the imports in flight if they have changed, and events in the order of their recording. */
export interface ArrivedActivity {
  readonly imports?: readonly ImportInFlight[]
  readonly events: readonly RecordedEvent[]
}

/** Receives what happens, and whether it is heard. */
export interface ActivityListener {
  readonly onOpen: () => void
  readonly onArrival: (arrived: ArrivedActivity) => void
  /** Called with what was thrown, or with nothing if the emulator ended the answer. The stream is opened again. */
  readonly onClose: (error: unknown, retryInMs: number) => void
}

/** How long to wait before the first attempt to connect again, and at most. */
const RETRY_MS = 1_000
const MAX_RETRY_MS = 10_000

/** The emulator says every 15 seconds that it is still there; without that for this long, it is not. */
const SILENCE_MS = 40_000

/**
 * Listens to `GET /_admin/activity` until the signal, connecting again with the id of the last event. Not by
 * `EventSource`, which cannot send the admin token.
 */
export async function listenToActivity(path: string, listener: ActivityListener, signal: AbortSignal): Promise<void> {
  let [lastId, retryMs] = ['', RETRY_MS]
  while (!signal.aborted) {
    const connection = new AbortController()
    const heard = {
      open: () => {
        retryMs = RETRY_MS
        listener.onOpen()
      },
      arrival: (messages: readonly EventSourceMessage[]) => {
        lastId = messages.findLast(({ id }) => id !== undefined)?.id ?? lastId
        if (messages.length > 0) listener.onArrival(arrivedIn(messages))
      },
    }
    const error = await receive(path, lastId, heard, AbortSignal.any([signal, connection.signal]), () =>
      connection.abort(new TypeError('silent')),
    ).catch((thrown: unknown) => thrown)
    if (signal.aborted) return
    listener.onClose(error, retryMs)
    await pause(retryMs, signal)
    // A refusal waits for the token that the page asks for, which is then used at once.
    retryMs = isUnauthorized(error) ? RETRY_MS : Math.min(2 * retryMs, MAX_RETRY_MS)
  }
}

const isUnauthorized = (error: unknown) => error instanceof AdminRefusal && error.$metadata.httpStatusCode === 401

interface Heard {
  readonly open: () => void
  readonly arrival: (messages: readonly EventSourceMessage[]) => void
}

/** Receives one answer to its end. */
async function receive(
  path: string,
  lastId: string,
  heard: Heard,
  signal: AbortSignal,
  onSilence: () => void,
): Promise<void> {
  const headers = { accept: 'text/event-stream', ...(lastId !== '' && { 'last-event-id': lastId }) }
  const { body } = await fetchAdmin(path, { headers, signal })
  const messages: EventSourceMessage[] = []
  const parser = createParser({ onEvent: (message) => messages.push(message) })
  const reader = body?.pipeThrough(new TextDecoderStream()).getReader()
  heard.open()
  for (;;) {
    const silence = setTimeout(onSilence, SILENCE_MS)
    const chunk = await reader?.read().finally(() => clearTimeout(silence))
    if (!chunk || chunk.done) return
    parser.feed(chunk.value)
    heard.arrival(messages.splice(0))
  }
}

function arrivedIn(messages: readonly EventSourceMessage[]): ArrivedActivity {
  const imports = messages.findLast(({ event }) => event === 'imports')
  const events = messages.filter(({ event }) => event === 'recorded')
  return {
    ...(imports && { imports: JSON.parse(imports.data) as ImportInFlight[] }),
    events: events.map(({ data }) => JSON.parse(data) as RecordedEvent),
  }
}
