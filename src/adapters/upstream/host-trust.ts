import { isLoopbackAddress } from './address-rules.js'

/**
 * How far the settings vouch for an address, so that plain http or a private address is allowed there: `named` as it stands,
 * or `beside` a named upstream, on another port of its host; undefined where they do not.
 */
export type Trusted = (url: URL) => 'named' | 'beside' | undefined

/**
 * What an administrator wrote under `upstreams` is trusted as it stands: those origins, and for an upstream named there
 * its own host on any port (a token service or a blob store beside the registry). On this machine every port may be
 * somebody else's, so there it is the named ports alone. Everything else must be https to a public address.
 */
export function trustedBy(configured: readonly URL[], endpoint: URL): Trusted {
  const isNamed = configured.some(({ origin }) => origin === endpoint.origin)
  const mayHaveMore = isNamed && !isThisMachine(endpoint)
  return (url) => {
    if (configured.some(({ origin }) => origin === url.origin)) return 'named'
    const isBeside = mayHaveMore && url.hostname === endpoint.hostname
    return isBeside && (url.protocol === 'https:' || endpoint.protocol === 'http:') ? 'beside' : undefined
  }
}

/** By its name alone; a name that only resolves to this machine is seen when it is connected to. RFC 6761 section 6.3. */
const isThisMachine = ({ hostname }: URL) => isLoopbackAddress(hostname) || /^(?:.*\.)?localhost\.?$/.test(hostname)

/**
 * Whether credentials for a registry may be shown to the realm its challenge names: the registry itself, or over https
 * a host under the same registrable domain (CVE-2020-15157, CVE-2026-33990 are what happens otherwise).
 */
export async function mayHaveCredentials(realm: URL, endpoint: URL): Promise<boolean> {
  if (realm.host === endpoint.host && (realm.protocol === 'https:' || endpoint.protocol === 'http:')) return true
  if (realm.protocol !== 'https:') return false
  // Loading its list of public suffixes takes a fifth of a start, and a login to an upstream is the first to need it.
  const { getDomain } = await import('tldts')
  const [site, ownSite] = [realm, endpoint].map(({ hostname }) => getDomain(hostname, { allowPrivateDomains: true }))
  return typeof site === 'string' && site === ownSite
}

/** Why a realm must not be asked for a token at all; undefined if it may be. */
export function realmRefusal(realm: URL, trusted: Trusted): string | undefined {
  if (realm.username || realm.password) return 'carries credentials of its own'
  if (realm.protocol === 'https:') return undefined
  if (realm.protocol !== 'http:') return 'is not an https address'
  return trusted(realm) ? undefined : 'is a plain http address'
}

/** Where a redirect leads, or why it is not followed. */
export function redirectTarget(location: string, from: URL, trusted: Trusted): URL | { refused: string } {
  if (!URL.canParse(location, from.href)) return { refused: 'to something that is no address' }
  const target = new URL(location, from)
  if (target.protocol === 'https:') return target
  if (target.protocol !== 'http:') return { refused: `to ${target.protocol}` }
  if (from.protocol === 'https:') return { refused: 'from https to plain http' }
  return trusted(target) ? target : { refused: `to plain http at ${target.host}` }
}
