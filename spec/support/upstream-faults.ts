import type { IncomingMessage, ServerResponse } from 'node:http'
import { setImmediate as nextTurn } from 'node:timers/promises'

/** The complete answer that the upstream is about to send. If `ranges` is set, a requested Range is applied last. */
export interface Reply {
  status: number
  headers: Record<string, string>
  body: Buffer
  ranges: boolean
  /** The default is `length`. */
  framing?: Framing
}

/**
 * A fault: either returns another reply, or answers the client itself and returns undefined. A spec can define further
 * faults.
 */
export type Fault = (reply: Reply, client: Client) => Reply | undefined | Promise<Reply | undefined>

export interface Client {
  request: IncomingMessage
  response: ServerResponse
  /**
   * Sends the status and headers of the reply after applying the Range, and returns the bytes that belong to the body.
   */
  sendHead(reply: Reply): Buffer
  /** Resolves when the upstream releases stalled answers (`release`, `heal`) or is closed. */
  released: Promise<void>
}

/** How the end of a body is marked: by an announced length, by chunks, or by closing the connection. */
export type Framing = 'length' | 'chunked' | 'close'

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

/**
 * Sends only the first bytes of the body and closes the connection normally. With the framing `close`, the client
 * cannot notice.
 */
export const truncate =
  (afterBytes: number, framing: Framing = 'length'): Fault =>
  async (reply, client) => {
    const body = client.sendHead({ ...reply, framing })
    await write(client.response, body.subarray(0, afterBytes))
    client.response.socket?.destroySoon()
    return undefined
  }

/** Resets the connection (RST) before the answer or after this many bytes of the body. */
export const reset =
  (afterBytes?: number): Fault =>
  async (reply, client) => {
    if (afterBytes !== undefined) await write(client.response, client.sendHead(reply).subarray(0, afterBytes))
    client.response.socket?.resetAndDestroy()
    return undefined
  }

/** Answers a Range with 200 and the whole body. */
export const ignoreRange = (): Fault => (reply) => ({ ...reply, ranges: false })

/** Sends other bytes of the same length, which do not match the requested digest. */
export const wrongBytes = (): Fault => (reply) => ({ ...reply, body: Buffer.from(reply.body.map((byte) => byte ^ 1)) })

/** Answers 200 with an HTML page, as captive portals and misrouted proxies do. */
export const html = (): Fault => () => ({
  status: 200,
  headers: { 'content-type': 'text/html; charset=utf-8' },
  body: Buffer.from('<!doctype html><title>Welcome</title><p>Please log in.'),
  ranges: false,
})

/** Answers with any status, with `error` as the code of an OCI error body if given. */
export const status =
  (
    code: number,
    { retryAfter, error, message = '' }: { retryAfter?: number | Date; error?: string; message?: string } = {},
  ): Fault =>
  () => ({
    status: code,
    headers: {
      'content-type': 'application/json',
      ...(retryAfter !== undefined && {
        'retry-after': retryAfter instanceof Date ? retryAfter.toUTCString() : String(retryAfter),
      }),
    },
    body: Buffer.from(error ? JSON.stringify({ errors: [{ code: error, message }] }) : message),
    ranges: false,
  })

/** Answers 429 with a Retry-After in seconds or as an HTTP date. */
export const tooManyRequests = (retryAfter?: number | Date): Fault =>
  status(429, { retryAfter, error: 'TOOMANYREQUESTS', message: 'rate exceeded' })

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

const write = (response: ServerResponse, bytes: Buffer) =>
  new Promise<void>((resolve) => {
    response.once('close', resolve)
    response.write(bytes, () => {
      response.off('close', resolve)
      resolve()
    })
  })
