import type { ServerResponse } from 'node:http'

/**
 * A stream of server-sent events to one client.
 * https://html.spec.whatwg.org/multipage/server-sent-events.html#parsing-an-event-stream
 */
export interface EventStream {
  /** Whether the client has not taken yet what was sent: then nothing more should be, so that little is held for it. */
  readonly isBehind: boolean
  /** Sends an event. `data` is text without line breaks, as JSON is. */
  send(event: string, data: string, id?: string): void
  /** Ends the stream. What a client that is behind has not taken is lost. */
  end(): void
}

/** What a stream tells those who send. */
export interface EventStreamCallbacks {
  /** The client is no longer behind. */
  readonly onDrain: () => void
  /** Either side has closed the stream. */
  readonly onClose: () => void
}

/**
 * A comment is sent this often, so that proxies keep the connection, and a client that is gone is noticed.
 * https://html.spec.whatwg.org/multipage/server-sent-events.html#authoring-notes
 */
const COMMENT_EVERY_MS = 15_000

/** A client that has taken nothing for the time of so many comments is disconnected. */
const MAX_COMMENTS_BEHIND = 4

/** After how long a client should connect again, in milliseconds. */
const RETRY_MS = 2_000

/**
 * Not stored, and passed on by nginx as it arrives: https://nginx.org/en/docs/http/ngx_http_proxy_module.html. The
 * connection is closed with the stream, so that none stays open when the plane stops.
 */
const HEADERS = {
  'content-type': 'text/event-stream',
  'cache-control': 'no-store',
  'x-accel-buffering': 'no',
  connection: 'close',
}

/** Answers a request with a stream. */
export function eventStream(res: ServerResponse, { onDrain, onClose }: EventStreamCallbacks): EventStream {
  let commentsBehind = 0
  res.writeHead(200, HEADERS)
  res.write(`retry: ${RETRY_MS}\n\n`)
  const comments = setInterval(() => {
    commentsBehind = res.writableNeedDrain ? commentsBehind + 1 : 0
    if (commentsBehind === 0) res.write(': still here\n\n')
    else if (commentsBehind >= MAX_COMMENTS_BEHIND) res.destroy()
  }, COMMENT_EVERY_MS).unref()
  res.on('drain', onDrain)
  res.once('close', () => {
    clearInterval(comments)
    onClose()
  })
  return {
    get isBehind() {
      return res.writableNeedDrain
    },
    send: (event, data, id) =>
      void res.write(`${id === undefined ? '' : `id: ${id}\n`}event: ${event}\ndata: ${data}\n\n`),
    end: () => void (res.writableNeedDrain ? res.destroy() : res.end()),
  }
}
