import { lookup as systemLookup } from 'node:dns'
import type { LookupFunction } from 'node:net'
import ipaddr from 'ipaddr.js'

/**
 * No connection was made, because its address is not public: an upstream could otherwise use us as a proxy into a
 * private network.
 */
export class PrivateAddressError extends Error {
  override readonly name = 'PrivateAddressError'
  constructor(hostname: string, address: string) {
    super(`${hostname} is at ${address}, which is not a public address`)
  }
}

/** No connection was made, because it would have led to a port of this machine that is not in the settings. */
export class LoopbackAddressError extends Error {
  override readonly name = 'LoopbackAddressError'
  constructor(hostname: string, address: string) {
    super(`${hostname} is at ${address}, this machine, where only the ports listed under "upstreams" may be contacted`)
  }
}

/** The IPv6 addresses that IANA has allocated for global unicast; all others are special or reserved. */
const GLOBAL_UNICAST = ipaddr.IPv6.parseCIDR('2000::/3')

/**
 * IPv4-compatible IPv6 addresses (RFC 4291, deprecated). No network routes them, but a machine may treat them as its
 * own.
 */
const IPV4_COMPATIBLE = ipaddr.IPv6.parseCIDR('::/96')

/** The public NAT64 prefix (RFC 6052). The prefix for local use, 64:ff9b:1::/48 (RFC 8215), is not public. */
const WELL_KNOWN_NAT64 = ipaddr.IPv6.parseCIDR('64:ff9b::/96')

/**
 * Whether an address is on the public internet: global unicast, and in none of IANA's special-purpose blocks. An IPv6
 * address that is IPv4-mapped (RFC 4291) or behind NAT64 counts as the IPv4 address in it. Other forms that contain an
 * IPv4 address (IPv4-compatible, 6to4, Teredo, SIIT) are never public, and neither is an address with a zone.
 * https://www.iana.org/assignments/iana-ipv4-special-registry
 * https://www.iana.org/assignments/iana-ipv6-special-registry
 */
export function isPublicAddress(address: string): boolean {
  const parsed = parse(address)
  if (!parsed) return false
  if (!(parsed instanceof ipaddr.IPv6)) return parsed.range() === 'unicast'
  if (parsed.isIPv4MappedAddress() || parsed.match(WELL_KNOWN_NAT64)) return embeddedIpv4(parsed).range() === 'unicast'
  return parsed.match(GLOBAL_UNICAST) && parsed.range() === 'unicast'
}

/**
 * Whether an address is this machine itself, also if written as an IPv4 address in IPv6. Its other ports are other
 * services.
 */
export function isLoopbackAddress(address: string): boolean {
  const parsed = parse(address.replace(/^\[|\]$|%.*$/g, ''))
  if (!parsed) return false
  const hasIpv4 = parsed instanceof ipaddr.IPv6 && (parsed.isIPv4MappedAddress() || parsed.match(IPV4_COMPATIBLE))
  const candidates = hasIpv4 ? [parsed, embeddedIpv4(parsed)] : [parsed]
  return candidates.some((candidate) => ['loopback', 'unspecified'].includes(candidate.range()))
}

/**
 * Undefined if this is not an address, or is one with a zone. URL rewrites `::192.0.2.1` in hexadecimal digits first:
 * ipaddr.js would take it for the IPv4-mapped address.
 */
function parse(address: string): ipaddr.IPv4 | ipaddr.IPv6 | undefined {
  const url = `http://[${address}]`
  const plain = !address.includes(':') ? address : URL.canParse(url) ? new URL(url).hostname.slice(1, -1) : ''
  return ipaddr.isValid(plain) ? ipaddr.parse(plain) : undefined
}

/** The IPv4 address in the last four bytes of an IPv6 address. */
const embeddedIpv4 = (address: ipaddr.IPv6) => ipaddr.fromByteArray(address.toByteArray().slice(12))

/**
 * A name lookup that returns public addresses only. The address checked is the one connected to, so DNS cannot rebind
 * it.
 */
export const publicLookup = (lookup?: LookupFunction): LookupFunction =>
  filteringLookup(isPublicAddress, PrivateAddressError, lookup)

/** A name lookup that returns every address except this machine's own. */
export const nonLoopbackLookup = (lookup?: LookupFunction): LookupFunction =>
  filteringLookup((address) => !isLoopbackAddress(address), LoopbackAddressError, lookup)

function filteringLookup(
  isAllowed: (address: string) => boolean,
  AddressError: new (hostname: string, address: string) => Error,
  lookup: LookupFunction = systemLookup,
): LookupFunction {
  return (hostname, options, callback) =>
    lookup(hostname, { ...options, all: true }, (error, result) => {
      if (error) return callback(error, [])
      const addresses = [result]
        .flat()
        .map((entry) => (typeof entry === 'string' ? { address: entry, family: 0 } : entry))
      const allowed = addresses.filter(({ address }) => isAllowed(address))
      const [first] = allowed
      if (!first) callback(new AddressError(hostname, addresses.map(({ address }) => address).join(', ')), [])
      else if (options.all) callback(null, allowed)
      else callback(null, first.address, first.family)
    })
}
