import type { LookupFunction } from 'node:net'
import { fairSemaphore } from '../../coordination/fair-semaphore.js'
import { configuredUpstream } from '../../registry/cache-rules/configured-upstream.js'
import { type Upstream, UpstreamFailure, type Upstreams } from '../../registry/ports/upstream.js'
import type { Authenticator } from './authentication.js'
import { type TrustRule, trustRule } from './host-trust.js'
import { registryApi, type UpstreamSemaphores } from './registry-api.js'
import type { RetryTiming } from './retries.js'
import { type Connections, connections } from './upstream-connections.js'
import { defaultLimits, type UpstreamLimits } from './upstream-limits.js'
import { upstreamLogin } from './upstream-login.js'

/** What the client depends on: where configured hosts are, the time, and limits other than the defaults. */
export interface HttpUpstreamsOptions extends RetryTiming {
  /** The setting `upstreams`; a host without an entry is at `https://<host>`. */
  endpoints: Readonly<Record<string, { readonly endpoint?: string }>>
  limits?: Partial<UpstreamLimits>
  /** How names are resolved; `dns.lookup` unless given. */
  lookup?: LookupFunction
}

/** Upstream registries over HTTP: https to public addresses, and whatever else `endpoints` lists. */
export function httpUpstreams(options: HttpUpstreamsOptions): Upstreams {
  const limits = { ...defaultLimits, ...options.limits }
  const configured = Object.values(options.endpoints).flatMap(({ endpoint = '' }) => parseEndpoint(endpoint) ?? [])
  const resources = new Map<string, HostResources>()
  const upstreams = new Map<string, Upstream>()
  const logins = new Map<string, Authenticator>()

  const resourcesOf = (host: string, endpoint: URL): HostResources => {
    const existing = resources.get(host)
    if (existing) return existing
    const trust = trustRule(configured, endpoint)
    const created = { trust, connections: connections(trust, limits, options.lookup), semaphores: semaphores(limits) }
    resources.set(host, created)
    return created
  }

  return {
    of: (host, account, credentials) => {
      const loginKey = JSON.stringify([host, credentials?.username, credentials?.accessToken])
      const key = `${account} ${loginKey}`
      const existing = upstreams.get(key)
      if (existing) return existing
      const entry = configuredUpstream(options.endpoints, host)
      const endpoint = parseEndpoint(entry?.endpoint ?? (/[/?#@\\]/.test(host) ? '' : `https://${host}`))
      if (!endpoint) return invalidUpstream(host)
      const ofHost = resourcesOf(host, endpoint)
      const target = { ...options, ...ofHost, host, endpoint, credentials, limits }
      const login = logins.get(loginKey) ?? upstreamLogin(target)
      logins.set(loginKey, login)
      const upstream = registryApi(target, { account, login, semaphores: ofHost.semaphores })
      upstreams.set(key, upstream)
      return upstream
    },
    close: async () => {
      await Promise.all([...resources.values()].map((ofHost) => ofHost.connections.close()))
    },
  }
}

const semaphores = (limits: UpstreamLimits): UpstreamSemaphores => ({
  requests: fairSemaphore(limits.requestsAtOnce),
  blobs: fairSemaphore(limits.blobsAtOnce),
  smallBlobs: fairSemaphore(limits.smallBlobsAtOnce),
})

/** What all accounts and credentials share at one host. */
interface HostResources {
  readonly trust: TrustRule
  readonly connections: Connections
  readonly semaphores: UpstreamSemaphores
}

function parseEndpoint(text: string): URL | undefined {
  if (!URL.canParse(text)) return undefined
  const url = new URL(text)
  if (!/^https?:$/.test(url.protocol) || !url.hostname) return undefined
  if (!url.pathname.endsWith('/')) url.pathname += '/'
  return url
}

/** An upstream without a valid address. `of` never throws, so its methods fail instead. */
function invalidUpstream(host: string): Upstream {
  const fail = () =>
    Promise.reject(new UpstreamFailure('unavailable', `The upstream registry ${host} has no valid address.`))
  return { resolve: fail, manifest: fail, blob: fail, hasBlob: fail, referrers: fail, ping: fail }
}
