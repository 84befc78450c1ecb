import { createServer, type RequestListener, type Server } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { SecureContextOptions } from 'node:tls'
import type { Limits } from './limits.js'
import { boundConnections } from './client-connections.js'

/** What every plane's server is made with. */
export interface PlaneServerDeps {
  readonly limits: Limits
  /** Certificate and key, both PEM: with them the plane speaks https. */
  readonly tls?: Pick<SecureContextOptions, 'cert' | 'key'>
}

/** How a plane's requests come. */
export interface PlaneHabits {
  /** How long a client may wait with its next request. */
  readonly keepAliveTimeoutMs: number
  /** From the first byte of a request to its last; 0 where bodies of hours are welcome as long as bytes move. */
  readonly requestTimeoutMs: number
  /** Whether bodies are small and read before anything is done: a request counts as in hand once it is here whole. */
  readonly isReadFirst: boolean
}

/** How often the time-outs of headers and requests are looked after. */
const CHECK_MS = 2_000

/** An HTTP or HTTPS server that bounds how many connections it keeps, and how long a client may take. */
export function planeServer({ limits, tls }: PlaneServerDeps, habits: PlaneHabits, listener: RequestListener): Server {
  const headersTimeout = limits.headersTimeoutSeconds * 1000
  const { keepAliveTimeoutMs: keepAliveTimeout, requestTimeoutMs: requestTimeout, isReadFirst } = habits
  const options = { keepAliveTimeout, requestTimeout, headersTimeout, connectionsCheckingInterval: CHECK_MS }
  const server = tls
    ? createTlsServer({ ...options, ...tls, handshakeTimeout: headersTimeout }, listener)
    : createServer(options, listener)
  // Where bodies are read first, a request that is worked on for minutes moves no bytes.
  if (!isReadFirst) server.setTimeout(limits.idleTimeoutSeconds * 1000)
  // A TLS connection is counted when it is one; until then it is one of these.
  if (tls) server.maxConnections = 2 * limits.connections
  boundConnections(server, { atMost: limits.connections, event: tls ? 'secureConnection' : 'connection', isReadFirst })
  return server
}
