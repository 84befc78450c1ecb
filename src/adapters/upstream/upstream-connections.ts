import { isIP, type LookupFunction } from 'node:net'
import { Agent, buildConnector, type Dispatcher } from 'undici'
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
  const connect = guardedConnector(trusted, limits.connectTimeoutMs, lookup)
  const timeouts = { headersTimeout: limits.headersTimeoutMs, bodyTimeout: limits.idleTimeoutMs, connect }
  const agents = {
    blobs: new Agent(timeouts),
    requests: new Agent({ ...timeouts, connections: limits.requestsAtOnce }),
  }
  return {
    send: ({ method, url, headers, signal, lane }) =>
      agents[lane].request({
        origin: url.origin,
        path: url.pathname + url.search,
        method,
        headers,
        signal,
        ...(lane === 'blobs' && { highWaterMark: blobBufferBytes }),
      }),
    close: async () => {
      await Promise.all([agents.blobs.destroy(), agents.requests.destroy()])
    },
  }
}

function guardedConnector(trusted: Trusted, timeout: number, lookup?: LookupFunction): buildConnector.connector {
  const open = buildConnector({ timeout, ...(lookup && { lookup }) })
  const openPublic = buildConnector({ timeout, lookup: publicLookup(lookup) })
  const openDistant = buildConnector({ timeout, lookup: distantLookup(lookup) })
  return (options, callback) => {
    const { protocol, hostname, host = hostname } = options
    const trust = trusted(new URL(`${protocol}//${host}`))
    if (trust === 'named') open(options, callback)
    else if (trust === 'beside') openDistant(options, callback)
    else if (isIP(hostname) && !isPublicAddress(hostname)) callback(new PrivateAddressRefused(hostname, hostname), null)
    else openPublic(options, callback)
  }
}
