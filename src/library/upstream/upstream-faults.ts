import type { IncomingMessage, ServerResponse } from 'node:http'

/** The complete answer that the upstream is about to send. If `ranges` is set, a requested Range is applied last. */
export interface Reply {
  readonly status: number
  readonly headers: Record<string, string>
  readonly body: Buffer
  readonly ranges: boolean
  /** `length` unless given. */
  readonly framing?: Framing
}

/** How the end of a body is marked: by an announced length, by chunks, or by closing the connection. */
export type Framing = 'length' | 'chunked' | 'close'

/** A fault: either returns another reply, or answers the client itself and returns undefined. */
export type Fault = (reply: Reply, client: Client) => Reply | undefined | Promise<Reply | undefined>

/** The client of one request. */
export interface Client {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  /** Called with the status that is sent. */
  readonly onHead?: (status: number) => void
  /**
   * Sends the status and headers of the reply after applying the Range, and returns the bytes that belong to the body.
   */
  sendHead(reply: Reply): Buffer
}

/** Sends only the first bytes of the body and closes the connection normally. */
export const truncate =
  (afterBytes?: number, framing: Framing = 'length'): Fault =>
  async (reply, client) => {
    const body = client.sendHead({ ...reply, framing })
    await write(client.response, body.subarray(0, afterBytes ?? Math.floor(body.length / 2)))
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

/** Sends other bytes of the same length, which do not match the requested digest. */
export const wrongBytes = (): Fault => (reply) => ({ ...reply, body: Buffer.from(reply.body.map((byte) => byte ^ 1)) })

/** Sends bytes of another digest than the headers say; what is a manifest is one still, but not the one asked for. */
export const wrongDigest = (): Fault => (reply, client) =>
  reply.headers['content-type']?.endsWith('json')
    ? { ...reply, body: Buffer.concat([reply.body, Buffer.from('\n')]) }
    : wrongBytes()(reply, client)

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
  status(429, { ...(retryAfter !== undefined && { retryAfter }), error: 'TOOMANYREQUESTS', message: 'rate exceeded' })

/** How often a slow answer sends a piece. */
const PIECE_MS = 20

/** Answers after a delay, and sends the body at this rate. */
export const slowly =
  (latencyMs: number, bytesPerSecond: number): Fault =>
  async (reply, client) => {
    const { response } = client
    await delay(response, latencyMs)
    if (response.destroyed || bytesPerSecond === Infinity) return reply
    const body = client.sendHead(reply)
    const pieceBytes = Math.max(1, Math.round((bytesPerSecond * PIECE_MS) / 1000))
    const pauseMs = (pieceBytes / bytesPerSecond) * 1000
    for (let at = 0; at < body.length && !response.destroyed; at += pieceBytes) {
      await write(response, body.subarray(at, at + pieceBytes))
      await delay(response, pauseMs)
    }
    response.end()
    return undefined
  }

/** Waits, but not for a client that has gone. */
async function delay(response: ServerResponse, milliseconds: number): Promise<void> {
  await new Promise<void>((resolve) => {
    const timer = setTimeout(done, milliseconds)
    function done() {
      clearTimeout(timer)
      response.off('close', done)
      resolve()
    }
    response.once('close', done)
  })
}

/** Writes a piece of a body, and resolves when it was sent or the client has gone. */
export const write = (response: ServerResponse, bytes: Buffer): Promise<void> =>
  new Promise((resolve) => {
    response.once('close', resolve)
    response.write(bytes, () => {
      response.off('close', resolve)
      resolve()
    })
  })
