import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http'
import type { SecureContextOptions } from 'node:tls'
import { limitConnections } from './connection-limit.js'
import type { Limits } from './limits.js'

/** The dependencies of a plane's HTTP server. */
export interface PlaneServerDeps {
  readonly limits: Limits
  /** Certificate and key, both PEM. If set, the plane serves https. */
  readonly tls?: Pick<SecureContextOptions, 'cert' | 'key'>
}

/** How the clients of a plane use their connections. */
export interface ConnectionHabits {
  /** How long a connection stays open between two requests. */
  readonly keepAliveTimeoutMs: number
  /** From the first byte of a request to its last; 0 means no limit, for bodies that take hours. */
  readonly requestTimeoutMs: number
  /** Whether a connection on which no byte moves is closed. Not if requests are worked on for minutes without one. */
  readonly hasIdleTimeout: boolean
  /** Whether a request's body is small and read first: it is worked on only after all of it was received. */
  readonly isReadFirst: (req: IncomingMessage) => boolean
}

/** What answers the requests of a plane, and how its clients use their connections. */
export interface PlaneHandler {
  readonly listener: RequestListener
  readonly habits: ConnectionHabits
}

/** How often Node checks the time-outs of headers and requests. */
const CHECK_MS = 2_000

/** An HTTP or HTTPS server of one plane or of both, with a connection limit and time-outs for slow clients. */
export function planeServer({ limits, tls }: PlaneServerDeps, { listener, habits }: PlaneHandler): Server {
  const headersTimeout = limits.headersTimeoutSeconds * 1000
  const { keepAliveTimeoutMs: keepAliveTimeout, requestTimeoutMs: requestTimeout, isReadFirst } = habits
  const options = { keepAliveTimeout, requestTimeout, headersTimeout, connectionsCheckingInterval: CHECK_MS }
  // Not imported: without TLS, node:https and node:tls would be 1.2 MB of an idle process.
  const server = tls
    ? process
        .getBuiltinModule('node:https')
        .createServer({ ...options, ...tls, handshakeTimeout: headersTimeout }, inTurn(listener))
    : createServer(options, inTurn(listener))
  if (habits.hasIdleTimeout) server.setTimeout(limits.idleTimeoutSeconds * 1000)
  // The connection limit counts TLS connections after their handshake; this bounds those that have not finished it.
  if (tls) server.maxConnections = 2 * limits.connections
  limitConnections(server, { atMost: limits.connections, event: tls ? 'secureConnection' : 'connection', isReadFirst })
  return server
}

/**
 * Works on the requests of a connection one after another, though a client may send some before the answer to an
 * earlier one (RFC 9112 section 9.3.2). An answer that waits for its turn takes no byte, and Node tells nothing of it
 * when the connection closes: what it held, permits, files and places among those who watch, would be held for ever.
 */
const inTurn =
  (listener: RequestListener): RequestListener =>
  (req, res) => {
    if (res.socket) return listener(req, res)
    // Node gives an answer its socket when the one before it is over, even if the connection has closed by then. It
    // flushes the answer after telling so.
    const begin = () => void (res.destroyed || req.socket.destroyed || listener(req, res))
    res.once('socket', () => process.nextTick(begin))
  }
