import type { IncomingMessage, ServerResponse } from 'node:http'
import type { PlaneHandler } from './listener.js'

/** The registry's handler, and the paths that belong to it. */
export interface RegistryHandler extends PlaneHandler {
  /** Whether a request is for an endpoint of the registry: `/v2` and the signed paths beside it. */
  readonly isRegistryRequest: (req: IncomingMessage) => boolean
}

/**
 * Both planes on one port. Connections are used as clients of a registry use them, because pushes and pulls may take
 * hours as long as bytes move; the API's own time-outs apply to its requests.
 */
export function onePort(control: PlaneHandler, data: RegistryHandler): PlaneHandler {
  const { requestTimeoutMs } = control.habits
  return {
    habits: { ...data.habits, isReadFirst: (req) => !data.isRegistryRequest(req) && control.habits.isReadFirst(req) },
    listener(req, res) {
      if (data.isRegistryRequest(req)) return data.listener(req, res)
      suspendIdleTimeout(req, res)
      endUnlessReceived(req, res, requestTimeoutMs)
      return control.listener(req, res)
    },
  }
}

/**
 * No bytes move while a call is worked on, so its connection has no idle time-out until it was answered. The requests
 * that were pipelined before or behind it keep theirs.
 */
function suspendIdleTimeout({ socket }: IncomingMessage, res: ServerResponse): void {
  // An answer has no socket while it waits for the one to an earlier request of the connection.
  if (!res.socket) return
  const { timeout = 0 } = socket
  socket.setTimeout(0)
  // Before Node's listener, which sets the time-out between two requests.
  res.prependOnceListener('finish', () => socket.setTimeout(timeout))
}

/** Node's own answer to a request that takes longer than `requestTimeout`. RFC 9110 section 15.5.9. */
const TIMED_OUT = 'HTTP/1.1 408 Request Timeout\r\nConnection: close\r\n\r\n'

/** Ends the connection of a request whose body was not received in time. */
function endUnlessReceived(req: IncomingMessage, res: ServerResponse, withinMs: number): void {
  if (req.complete) return
  const timer = setTimeout(() => {
    const { socket } = req
    // Without a socket of its own the answer would end up within an earlier one of the connection.
    if (res.headersSent || !res.socket) return void socket.destroy()
    socket.write(TIMED_OUT)
    // The client may never close its side.
    socket.destroySoon()
  }, withinMs)
  req.once('close', () => clearTimeout(timer))
}
