import type { IncomingMessage, ServerResponse } from 'node:http'
import { setImmediate as nextTurn } from 'node:timers/promises'

/** What the upstream is about to answer, whole: a Range is cut out last, if `ranges`. */
export interface Reply {
  status: number
  headers: Record<string, string>
  body: Buffer
  ranges: boolean
  /** `length` unless said. */
  framing?: Framing
}

/**
 * Something that goes wrong: gives back another reply, or answers the client itself and gives back nothing.
 * A spec may write its own beside these.
 */
export type Fault = (reply: Reply, client: Client) => Reply | undefined | Promise<Reply | undefined>

export interface Client {
  request: IncomingMessage
  response: ServerResponse
  /** Sends status and headers of the reply, its Range cut out, and says which bytes belong behind them. */
  sendHead(reply: Reply): Buffer
  /** Resolves when the upstream is told to let go of what it holds (`release`, `heal`), or is closed. */
  released: Promise<void>
}

/** How a body's end is marked: by its announced length, by chunks, or by closing the connection. */
export type Framing = 'length' | 'chunked' | 'close'

/** Never answers; with `afterBytes` answers that many bytes of the body and then nothing more until released. */
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

/** Sends only the first bytes of the body and closes the connection in an orderly way. With `close` nothing tells the client. */
export const truncate =
  (afterBytes: number, framing: Framing = 'length'): Fault =>
  async (reply, client) => {
    const body = client.sendHead({ ...reply, framing })
    await write(client.response, body.subarray(0, afterBytes))
    client.response.socket?.destroySoon()
    return undefined
  }

/** Resets the connection (RST), before answering or after so many bytes of the body. */
export const reset =
  (afterBytes?: number): Fault =>
  async (reply, client) => {
    if (afterBytes !== undefined) await write(client.response, client.sendHead(reply).subarray(0, afterBytes))
    client.response.socket?.resetAndDestroy()
    return undefined
  }

/** Answers a Range with 200 and everything. */
export const ignoreRange = (): Fault => (reply) => ({ ...reply, ranges: false })

/** Other bytes of the same length: what comes does not have the digest it was asked by. */
export const wrongBytes = (): Fault => (reply) => ({ ...reply, body: Buffer.from(reply.body.map((byte) => byte ^ 1)) })

/** 200 with an HTML page, as captive portals and misrouted proxies do. */
export const html = (): Fault => () => ({
  status: 200,
  headers: { 'content-type': 'text/html; charset=utf-8' },
  body: Buffer.from('<!doctype html><title>Welcome</title><p>Please log in.'),
  ranges: false,
})

/** Any status, with the OCI error body of `code` if given. */
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

/** 429, saying when to come back in seconds or as an HTTP date. */
export const tooManyRequests = (retryAfter?: number | Date): Fault =>
  status(429, { retryAfter, error: 'TOOMANYREQUESTS', message: 'rate exceeded' })

/** The body in pieces, each in a turn of the event loop of its own (or `everyMs` apart), stopping when the client leaves. */
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

/** Redirects to the same path at another origin, with a query such as signed URLs have; refusals stay. */
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

/** Does not say how long the body is. */
export const unknownLength =
  (framing: 'chunked' | 'close' = 'chunked'): Fault =>
  (reply) => ({ ...reply, framing })

/** Leaves out a header such as `docker-content-digest`. */
export const withoutHeader =
  (name: string): Fault =>
  (reply) => ({ ...reply, headers: Object.fromEntries(Object.entries(reply.headers).filter(([key]) => key !== name)) })

/** Sets a header to something else. */
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
