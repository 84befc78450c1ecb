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
      // No bytes move while a request is worked on. Node sets the time-out anew for the next request.
      req.socket.setTimeout(0)
      endUnlessReceived(req, res, requestTimeoutMs)
      return control.listener(req, res)
    },
  }
}

/** Node's own answer to a request that takes longer than `requestTimeout`. RFC 9110 section 15.5.9. */
const TIMED_OUT = 'HTTP/1.1 408 Request Timeout\r\nConnection: close\r\n\r\n'

/** Ends the connection of a request whose body was not received in time. */
function endUnlessReceived(req: IncomingMessage, res: ServerResponse, withinMs: number): void {
  if (req.complete) return
  const timer = setTimeout(() => {
    if (res.headersSent) req.socket.destroy()
    else req.socket.end(TIMED_OUT)
  }, withinMs)
  req.once('close', () => clearTimeout(timer))
}
