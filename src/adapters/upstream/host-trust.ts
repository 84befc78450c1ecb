import { isLoopbackAddress } from './address-rules.js'

/**
 * How far the settings trust a URL, so that plain http or a private address is allowed there: it is `configured`
 * itself, or it is another port on the `same-host` as a configured upstream. Undefined if the settings do not trust it.
 */
export type TrustRule = (url: URL) => 'configured' | 'same-host' | undefined

/**
 * The trust rule for the upstream at `endpoint`. The origins under the setting `upstreams` are trusted; for an upstream
 * listed there, so is its own host on any port (a token service or a blob store next to the registry). On this machine
 * any other port may be an unrelated service, so only the listed ports are trusted. Everything else must be https to a
 * public address.
 */
export function trustRule(configured: readonly URL[], endpoint: URL): TrustRule {
  const isConfigured = configured.some(({ origin }) => origin === endpoint.origin)
  const trustsOtherPorts = isConfigured && !isThisMachine(endpoint)
  return (url) => {
    if (configured.some(({ origin }) => origin === url.origin)) return 'configured'
    const isSameHost = trustsOtherPorts && url.hostname === endpoint.hostname
    return isSameHost && (url.protocol === 'https:' || endpoint.protocol === 'http:') ? 'same-host' : undefined
  }
}

/** By its name (RFC 6761 section 6.3); the connector checks the address that another name resolves to. */
const isThisMachine = ({ hostname }: URL) => isLoopbackAddress(hostname) || /^(?:.*\.)?localhost\.?$/.test(hostname)

/**
 * Whether credentials for a registry may be sent to the realm that its challenge names: the registry itself, or over
 * https a host under the same registrable domain. CVE-2020-15157 and CVE-2026-33990 describe the attacks that this
 * prevents.
 */
export async function mayHaveCredentials(realm: URL, endpoint: URL): Promise<boolean> {
  if (realm.host === endpoint.host && (realm.protocol === 'https:' || endpoint.protocol === 'http:')) return true
  if (realm.protocol !== 'https:') return false
  // Loading its list of public suffixes takes a fifth of a start, and a login to an upstream is the first to need it.
  const { getDomain } = await import('tldts')
  const [site, ownSite] = [realm, endpoint].map(({ hostname }) => getDomain(hostname, { allowPrivateDomains: true }))
  return typeof site === 'string' && site === ownSite
}

/** Why no token may be requested from a realm at all; undefined if it is allowed. */
export function realmRefusal(realm: URL, trust: TrustRule): string | undefined {
  if (realm.username || realm.password) return 'carries credentials of its own'
  if (realm.protocol === 'https:') return undefined
  if (realm.protocol !== 'http:') return 'is not an https address'
  return trust(realm) ? undefined : 'is a plain http address'
}

/** The target of a redirect, or the reason why it is not followed, as the end of a sentence. */
export function redirectTarget(location: string, from: URL, trust: TrustRule): URL | { refusal: string } {
  if (!URL.canParse(location, from.href)) return { refusal: 'to an invalid URL' }
  const target = new URL(location, from)
  if (target.protocol === 'https:') return target
  if (target.protocol !== 'http:') return { refusal: `to ${target.protocol}` }
  if (from.protocol === 'https:') return { refusal: 'from https to plain http' }
  return trust(target) ? target : { refusal: `to plain http at ${target.host}` }
}
