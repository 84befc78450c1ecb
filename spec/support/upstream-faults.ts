import { setImmediate as nextTurn } from 'node:timers/promises'
import {
  type Client as ServedClient,
  type Framing,
  type Reply,
  reset,
  status,
  tooManyRequests,
  truncate,
  write,
  wrongBytes,
} from '../../src/library/upstream/upstream-faults.js'

export { type Framing, type Reply, reset, status, tooManyRequests, truncate, wrongBytes }

/** A fault of the library's upstream, or one of a spec, which may also wait until the upstream releases it. */
export type Fault = (reply: Reply, client: Client) => Reply | undefined | Promise<Reply | undefined>

export interface Client extends ServedClient {
  /** Resolves when the upstream releases stalled answers (`release`, `heal`) or is closed. */
  released: Promise<void>
}

/** Never answers. With `afterBytes`, sends that many bytes of the body and nothing more until released. */
export const stall =
  (afterBytes?: number): Fault =>
  async (reply, client) => {
    if (afterBytes === undefined) {
      await client.released
      return reply
    }
    const body = client.sendHead(reply)
    await write(client.response, body.subarray(0, afterBytes))
    await client.released
    client.response.end(body.subarray(afterBytes))
    return undefined
  }

/** Answers a Range with 200 and the whole body. */
export const ignoreRange = (): Fault => (reply) => ({ ...reply, ranges: false })

/** Answers 200 with an HTML page, as captive portals and misrouted proxies do. */
export const html = (): Fault => () => ({
  status: 200,
  headers: { 'content-type': 'text/html; charset=utf-8' },
  body: Buffer.from('<!doctype html><title>Welcome</title><p>Please log in.'),
  ranges: false,
})

/**
 * Sends the body in pieces, one per turn of the event loop or every `everyMs` milliseconds, until the client
 * disconnects.
 */
export const drip =
  (pieceBytes: number, everyMs?: number): Fault =>
  async (reply, client) => {
    const { response } = client
    const body = client.sendHead(reply)
    for (let at = 0; at < body.length && !response.destroyed; at += pieceBytes) {
      await write(response, body.subarray(at, at + pieceBytes))
      await (everyMs === undefined ? nextTurn() : new Promise((resolve) => setTimeout(resolve, everyMs)))
    }
    response.end()
    return undefined
  }

/**
 * Redirects to the same path on another origin, with a query like that of a signed URL; refusals are not redirected.
 */
export const redirect =
  (origin: string, code = 307): Fault =>
  (reply, { request }) =>
    reply.status >= 400
      ? reply
      : {
          status: code,
          headers: { location: `${origin}${request.url}?signature=abc` },
          body: Buffer.alloc(0),
          ranges: false,
        }

/** Does not announce the length of the body. */
export const unknownLength =
  (framing: 'chunked' | 'close' = 'chunked'): Fault =>
  (reply) => ({ ...reply, framing })

/** Omits a header such as `docker-content-digest`. */
export const withoutHeader =
  (name: string): Fault =>
  (reply) => ({ ...reply, headers: Object.fromEntries(Object.entries(reply.headers).filter(([key]) => key !== name)) })

/** Sets a header to another value. */
export const withHeader =
  (name: string, value: string): Fault =>
  (reply) => ({ ...reply, headers: { ...reply.headers, [name]: value } })

/** Answers HEAD with 405. */
export const noHead =
  (): Fault =>
  (reply, { request }) =>
    request.method === 'HEAD' ? { ...reply, status: 405, body: Buffer.alloc(0), ranges: false } : reply
