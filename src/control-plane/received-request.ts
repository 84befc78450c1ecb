import type { Exchange } from '../server/exchange.js'

/** A request without its body, which may not have arrived yet. */
export interface RequestHead {
  readonly method: string
  /** Path and query as sent. */
  readonly path: string
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>
}

/** A request as the server received it: the parts that protocols read and signatures cover. */
export interface ReceivedRequest extends RequestHead {
  /** The answer's x-amzn-RequestId. */
  readonly requestId: string
  /** The headers as sent: a signature covers each occurrence of a repeated one. */
  readonly rawHeaders: readonly string[]
  readonly body: Buffer
  /** Set for a large body, which was hashed off the event loop. */
  readonly bodyHash?: string | undefined
  readonly remoteAddress: string | undefined
  readonly isSecure: boolean
}

/** The request of an exchange, whose body is empty until it was read. */
export const receivedRequest = (
  { req, facts: { requestId } }: Exchange,
  body: Buffer = NO_BODY,
  bodyHash?: string,
): ReceivedRequest => ({
  method: req.method ?? 'POST',
  path: req.url ?? '/',
  headers: req.headers as Record<string, string>,
  rawHeaders: req.rawHeaders,
  requestId,
  body,
  bodyHash,
  remoteAddress: req.socket.remoteAddress,
  isSecure: 'encrypted' in req.socket,
})

const NO_BODY = Buffer.alloc(0)
