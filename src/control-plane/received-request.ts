import { HttpRequest } from '@smithy/protocol-http'
import type { Exchange } from '../server/exchange.js'
import type { ReceivedRequest } from './authenticate.js'

/** The parts of a call that protocols read and signatures cover. */
export const receivedRequest = ({ req, facts }: Exchange, body?: Buffer, bodyHash?: string): ReceivedRequest =>
  Object.assign(
    new HttpRequest({
      method: req.method ?? 'POST',
      path: req.url ?? '/',
      headers: req.headers as Record<string, string>,
      body,
    }),
    {
      requestId: facts.requestId,
      rawHeaders: req.rawHeaders,
      remoteAddress: req.socket.remoteAddress,
      isSecure: 'encrypted' in req.socket,
      ...(bodyHash !== undefined && { bodyHash }),
    },
  )
