import { isIP, type LookupFunction } from 'node:net'
import type { buildConnector, Dispatcher } from 'undici'
import { distantLookup, isPublicAddress, PrivateAddressRefused, publicLookup } from './address-rules.js'
import type { UpstreamLimits } from './upstream-limits.js'
import type { Trusted } from './host-trust.js'

/** One HTTP request, sent once and not redirected. */
export interface WireRequest {
  method: 'GET' | 'HEAD'
  url: URL
  headers: Record<string, string>
  signal: AbortSignal
  /** Blobs have connections of their own, so that nothing small waits behind them. */
  lane: 'blobs' | 'requests'
}

/** The connections to one upstream and to wherever it redirects. */
export interface Connections {
  send(request: WireRequest): Promise<Dispatcher.ResponseData>
  close(): Promise<void>
}

const blobBufferBytes = 1024 * 1024

/** Opens connections to public addresses, and to others only where the settings name them. */
export function connections(trusted: Trusted, limits: UpstreamLimits, lookup?: LookupFunction): Connections {
  let opened: Promise<Agents> | undefined
  let isClosed = false
  return {
    async send({ method, url, headers, signal, lane }) {
      if (isClosed) throw new Error('its connections are closed')
      const agents = await (opened ??= openAgents(trusted, limits, lookup))
      return agents[lane].request({
        origin: url.origin,
        path: url.pathname + url.search,
        method,
        headers,
        signal,
        ...(lane === 'blobs' && { highWaterMark: blobBufferBytes }),
      })
    },
    async close() {
      isClosed = true
      const agents = await opened
      await Promise.all([agents?.blobs.destroy(), agents?.requests.destroy()])
    },
  }
}

type Agents = Readonly<Record<WireRequest['lane'], Dispatcher>>

/** undici takes a third as long to load as all that a start needs, and most starts are followed by pulls of what is cached. */
async function openAgents(trusted: Trusted, limits: UpstreamLimits, lookup?: LookupFunction): Promise<Agents> {
  const { Agent, buildConnector } = await import('undici')
  const connect = guardedConnector(buildConnector, trusted, limits.connectTimeoutMs, lookup)
  const timeouts = { headersTimeout: limits.headersTimeoutMs, bodyTimeout: limits.idleTimeoutMs, connect }
  return {
    blobs: new Agent(timeouts),
    requests: new Agent({ ...timeouts, connections: limits.requestsAtOnce }),
  }
}

function guardedConnector(
  connector: typeof buildConnector,
  trusted: Trusted,
  timeout: number,
  lookup?: LookupFunction,
): buildConnector.connector {
  const open = connector({ timeout, ...(lookup && { lookup }) })
  const openPublic = connector({ timeout, lookup: publicLookup(lookup) })
  const openDistant = connector({ timeout, lookup: distantLookup(lookup) })
  return (options, callback) => {
    const { protocol, hostname, host = hostname } = options
    const trust = trusted(new URL(`${protocol}//${host}`))
    if (trust === 'named') open(options, callback)
    else if (trust === 'beside') openDistant(options, callback)
    else if (isIP(hostname) && !isPublicAddress(hostname)) callback(new PrivateAddressRefused(hostname, hostname), null)
    else openPublic(options, callback)
  }
}
