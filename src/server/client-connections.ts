import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'

interface Bound {
  readonly atMost: number
  readonly event: 'connection' | 'secureConnection'
  /** Whether a request is in hand only once its body is here. */
  readonly isReadFirst: boolean
}

/** All a client is told that comes when every connection has a request in hand. */
const FULL = 'HTTP/1.1 503 Service Unavailable\r\nretry-after: 1\r\ncontent-length: 0\r\nconnection: close\r\n\r\n'

/**
 * Keeps at most so many connections. One more closes the one that has been without a request in hand for longest: silent
 * connections, headers that never end and bodies that trickle in make room for whoever has something to ask. Where all
 * are at work the new one is refused.
 */
export function boundConnections(server: Server, { atMost, event, isReadFirst }: Bound): void {
  const idle = new Set<Socket>()
  const inHand = new Map<Socket, number>()
  let open = 0

  server.on(event, (socket: Socket) => {
    socket.once('close', () => {
      open--
      idle.delete(socket)
      inHand.delete(socket)
    })
    if (++open > atMost && !closeLongestIdle(idle)) return void socket.end(FULL)
    idle.add(socket)
  })

  function begins({ socket }: IncomingMessage, res: ServerResponse) {
    idle.delete(socket)
    inHand.set(socket, (inHand.get(socket) ?? 0) + 1)
    res.once('close', () => {
      const left = (inHand.get(socket) ?? 0) - 1
      if (left > 0) return void inHand.set(socket, left)
      inHand.delete(socket)
      if (!socket.destroyed) idle.add(socket)
    })
  }

  server.on('request', (req, res) => {
    if (isReadFirst && hasBody(req)) req.once('end', () => begins(req, res))
    else begins(req, res)
  })
}

const hasBody = ({ headers }: IncomingMessage) =>
  Number(headers['content-length'] ?? 0) > 0 || headers['transfer-encoding'] !== undefined

function closeLongestIdle(idle: Set<Socket>): boolean {
  const [longest] = idle
  if (!longest) return false
  idle.delete(longest)
  longest.destroy()
  return true
}
