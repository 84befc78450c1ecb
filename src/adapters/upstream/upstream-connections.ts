import { isIP, type LookupFunction } from 'node:net'
import type { Agent, buildConnector } from 'undici'
import { isPublicAddress, nonLoopbackLookup, PrivateAddressError, publicLookup } from './address-rules.js'
import type { TrustRule } from './host-trust.js'
import type { Send, UpstreamRequest } from './interceptor.js'
import { type ReceiveBuffers, receiveBuffers, receivingInto } from './receive-buffers.js'
import type { UpstreamLimits } from './upstream-limits.js'
import { readAtMost, type UpstreamResponse } from './upstream-responses.js'

/** The connections to one upstream and to the hosts that it redirects to. */
export interface Connections {
  /** Sends a request once, without following redirects. */
  readonly send: Send
  close(): Promise<void>
}

const BLOB_BUFFER_BYTES = 1024 * 1024
const MAX_ERROR_BODY_BYTES = 64 * 1024

/** Opens connections to public addresses, and to others only if the settings trust them. */
export function connections(trust: TrustRule, limits: UpstreamLimits, lookup?: LookupFunction): Connections {
  const buffers = receiveBuffers()
  let agents: Promise<Agents> | undefined
  let isClosed = false
  return {
    async send(request, read) {
      if (isClosed) throw new Error('its connections are closed')
      agents ??= openAgents(trust, limits, buffers, lookup)
      return read(await respond(await agents, request, buffers.giveBack))
    },
    async close() {
      isClosed = true
      const opened = await agents
      await Promise.all([opened?.blobs.destroy(), opened?.requests.destroy()])
    },
  }
}

interface Agents extends Readonly<Record<UpstreamRequest['pool'], Agent>> {
  /** Sends a request by the agent that it is called on. */
  readonly request: HttpClient['request']
}

type HttpClient = Awaited<ReturnType<typeof loadUpstreamClient>>

/**
 * Loads undici, which is not part of a start: it takes 20 ms of CPU and 4 MB, and most pulls are from the cache. Called
 * in advance where pulls from upstreams are to be expected.
 */
export const loadUpstreamClient = () => import('./http-client.js')

async function openAgents(
  trust: TrustRule,
  limits: UpstreamLimits,
  buffers: ReceiveBuffers,
  lookup?: LookupFunction,
): Promise<Agents> {
  const { Agent, buildConnector, request } = await loadUpstreamClient()
  const timeouts = { headersTimeout: limits.headersTimeoutMs, bodyTimeout: limits.idleTimeoutMs }
  const connecting = (connector: typeof buildConnector) =>
    addressCheckingConnector(connector, trust, limits.connectTimeoutMs, lookup)
  const receiving: typeof buildConnector = (options = {}) => receivingInto(buffers, buildConnector, options)
  return {
    blobs: new Agent({ ...timeouts, connect: connecting(receiving) }),
    requests: new Agent({ ...timeouts, connections: limits.requestsAtOnce, connect: connecting(buildConnector) }),
    request,
  }
}

async function respond(
  agents: Agents,
  request: UpstreamRequest,
  reuse: UpstreamResponse['reuse'],
): Promise<UpstreamResponse> {
  const { method, url, headers, deadline, pool } = request
  const response = await agents.request.call(agents[pool], {
    origin: url.origin,
    path: url.pathname + url.search,
    method,
    headers: { ...headers },
    signal: deadline.signal,
    ...(pool === 'blobs' && { highWaterMark: BLOB_BUFFER_BYTES }),
  })
  const { statusCode: status, body } = response
  // Without a listener, an error of a body that is no longer read would end the process.
  body.on('error', () => {})
  const text = status < 300 ? '' : ((await readAtMost(body, MAX_ERROR_BODY_BYTES))?.toString() ?? '')
  return { status, headers: response.headers, body, reuse, text }
}

function addressCheckingConnector(
  connector: typeof buildConnector,
  trust: TrustRule,
  timeout: number,
  lookup?: LookupFunction,
): buildConnector.connector {
  const openAny = connector({ timeout, ...(lookup && { lookup }) })
  const openPublic = connector({ timeout, lookup: publicLookup(lookup) })
  const openNonLoopback = connector({ timeout, lookup: nonLoopbackLookup(lookup) })
  return (options, callback) => {
    const { protocol, hostname, host = hostname } = options
    const level = trust(new URL(`${protocol}//${host}`))
    if (level === 'configured') openAny(options, callback)
    else if (level === 'same-host') openNonLoopback(options, callback)
    else if (isIP(hostname) && !isPublicAddress(hostname)) callback(new PrivateAddressError(hostname, hostname), null)
    else openPublic(options, callback)
  }
}
