import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { hasBody } from './read-body.js'

interface ConnectionLimit {
  readonly atMost: number
  /** The event after which a connection counts: with TLS, the end of its handshake. */
  readonly event: 'connection' | 'secureConnection'
  /** Whether a request counts as being worked on only after its body was received. */
  readonly isReadFirst: (req: IncomingMessage) => boolean
}

/** The answer to a new client when every connection is in use. */
const FULL = 'HTTP/1.1 503 Service Unavailable\r\nretry-after: 1\r\ncontent-length: 0\r\nconnection: close\r\n\r\n'

/**
 * Limits the number of open connections. When a new one exceeds the limit, the connection that has been idle for
 * longest is closed. A connection is idle if no request on it is being worked on: so silent connections, unfinished
 * headers and slow bodies are closed first. If no connection is idle, the new one is refused with 503.
 */
export function limitConnections(server: Server, { atMost, event, isReadFirst }: ConnectionLimit): void {
  const idle = new Set<Socket>()
  const requestsOf = new Map<Socket, number>()
  let openConnections = 0

  server.on(event, (socket: Socket) => {
    socket.once('close', () => {
      openConnections--
      idle.delete(socket)
      requestsOf.delete(socket)
    })
    if (++openConnections > atMost && !closeLongestIdle(idle)) return void socket.end(FULL)
    idle.add(socket)
  })

  function begin({ socket }: IncomingMessage, res: ServerResponse) {
    idle.delete(socket)
    requestsOf.set(socket, (requestsOf.get(socket) ?? 0) + 1)
    res.once('close', () => {
      const remaining = (requestsOf.get(socket) ?? 0) - 1
      if (remaining > 0) return void requestsOf.set(socket, remaining)
      requestsOf.delete(socket)
      if (!socket.destroyed) idle.add(socket)
    })
  }

  server.on('request', (req, res) => {
    if (isReadFirst(req) && hasBody(req)) req.once('end', () => begin(req, res))
    else begin(req, res)
  })
}

function closeLongestIdle(idle: Set<Socket>): boolean {
  const [longest] = idle
  if (!longest) return false
  idle.delete(longest)
  longest.destroy()
  return true
}
