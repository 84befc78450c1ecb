import type { LookupFunction } from 'node:net'
import { type Upstream, UpstreamFailure, type Upstreams } from '../../registry/ports/upstream.js'
import { type Connections, connections } from './upstream-connections.js'
import { defaultLimits, type UpstreamLimits } from './upstream-limits.js'
import { type Login, login } from './upstream-login.js'
import { type Places, registryApi } from './registry-api.js'
import type { Patience } from './retries.js'
import { fairSemaphore } from '../../coordination/fair-semaphore.js'
import type { TokenSource } from './token-request.js'
import { trustedBy } from './host-trust.js'

/** What the client needs to know: where hosts really are, the time, and where wanted other limits. */
export interface HttpUpstreamsOptions extends Patience {
  /** The setting `upstreams`; a host without an entry is at `https://<host>`. */
  endpoints: Record<string, { endpoint: string }>
  limits?: Partial<UpstreamLimits>
  /** How names are resolved, `dns.lookup` unless given. */
  lookup?: LookupFunction
}

/** Upstream registries over HTTP: https to public addresses, and whatever else `endpoints` names. */
export function httpUpstreams(options: HttpUpstreamsOptions): Upstreams {
  const limits = { ...defaultLimits, ...options.limits }
  const configured = Object.values(options.endpoints).flatMap(({ endpoint }) => parseEndpoint(endpoint) ?? [])
  const sites = new Map<string, Site>()
  const upstreams = new Map<string, Upstream>()
  const logins = new Map<string, Login>()

  const siteOf = (host: string, endpoint: URL) => {
    const trusted = trustedBy(configured, endpoint)
    const site = sites.get(host) ?? {
      ...{ trusted, connections: connections(trusted, limits, options.lookup), places: placesAt(limits) },
    }
    sites.set(host, site)
    return site
  }

  return {
    of: (host, account, credentials) => {
      const shared = JSON.stringify([host, credentials?.username, credentials?.accessToken])
      const key = `${account} ${shared}`
      const known = upstreams.get(key)
      if (known) return known
      const entry = Object.hasOwn(options.endpoints, host) ? options.endpoints[host] : undefined
      const endpoint = parseEndpoint(entry?.endpoint ?? (/[/?#@\\]/.test(host) ? '' : `https://${host}`))
      if (!endpoint) return nowhere(host)
      const site = siteOf(host, endpoint)
      const source = { ...options, ...site, host, endpoint, credentials, limits }
      const ownLogin = logins.get(shared) ?? login(source)
      logins.set(shared, ownLogin)
      const upstream = registryApi(source, { account, login: ownLogin, places: site.places })
      upstreams.set(key, upstream)
      return upstream
    },
    close: async () => {
      await Promise.all([...sites.values()].map((site) => site.connections.close()))
    },
  }
}

const placesAt = (limits: UpstreamLimits): Places => ({
  requests: fairSemaphore(limits.requestsAtOnce),
  blobs: fairSemaphore(limits.blobsAtOnce),
  smallBlobs: fairSemaphore(limits.smallBlobsAtOnce),
})

/** What all credentials for a host share. */
interface Site {
  trusted: TokenSource['trusted']
  connections: Connections
  places: Places
}

function parseEndpoint(text: string): URL | undefined {
  if (!URL.canParse(text)) return undefined
  const url = new URL(text)
  if (!/^https?:$/.test(url.protocol) || !url.hostname) return undefined
  if (!url.pathname.endsWith('/')) url.pathname += '/'
  return url
}

/** A host that is none: `of` never throws, so it is the questions that fail. */
function nowhere(host: string): Upstream {
  const fail = () =>
    Promise.reject(new UpstreamFailure('unavailable', `The upstream registry ${host} has no valid address.`))
  return { resolve: fail, manifest: fail, blob: fail, hasBlob: fail, referrers: fail, ping: fail }
}
