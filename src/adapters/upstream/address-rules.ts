import { lookup as systemLookup } from 'node:dns'
import type { LookupFunction } from 'node:net'
import ipaddr from 'ipaddr.js'

/** A connection was not made because it would have led into a private network, where an upstream could make us a proxy. */
export class PrivateAddressRefused extends Error {
  override readonly name = 'PrivateAddressRefused'
  constructor(hostname: string, address: string) {
    super(`${hostname} is at ${address}, which is no public address`)
  }
}

/** A connection was not made because it would have led to a port of this machine that the settings do not name. */
export class LoopbackAddressRefused extends Error {
  override readonly name = 'LoopbackAddressRefused'
  constructor(hostname: string, address: string) {
    super(`${hostname} is at ${address}, this machine, where only the ports named under "upstreams" may be asked`)
  }
}

/** The addresses of IPv6 that IANA has allocated for global unicast: whatever lies outside is special or reserved. */
const GLOBAL_UNICAST = ipaddr.IPv6.parseCIDR('2000::/3')

/** IPv4 in IPv6 as RFC 4291 once had it: no network carries it, a machine may take it for its own. */
const IPV4_COMPATIBLE = ipaddr.IPv6.parseCIDR('::/96')

/** IPv4 behind a translator for everybody (RFC 6052); the prefix for local use, 64:ff9b:1::/48 (RFC 8215), is none. */
const WELL_KNOWN_NAT64 = ipaddr.IPv6.parseCIDR('64:ff9b::/96')

/**
 * Whether an address is on the public internet: global unicast, and in none of IANA's special-purpose blocks. IPv4 written
 * in IPv6 counts as the IPv4 address where it is mapped (RFC 4291) or behind NAT64; the forms in which it can lead anywhere
 * else (IPv4-compatible, 6to4, Teredo, SIIT) never count as public, and neither does an address with a zone.
 * https://www.iana.org/assignments/iana-ipv4-special-registry
 * https://www.iana.org/assignments/iana-ipv6-special-registry
 */
export function isPublicAddress(address: string): boolean {
  const parsed = parse(address)
  if (!parsed) return false
  if (!(parsed instanceof ipaddr.IPv6)) return parsed.range() === 'unicast'
  if (parsed.isIPv4MappedAddress() || parsed.match(WELL_KNOWN_NAT64)) return ipv4At(parsed).range() === 'unicast'
  return parsed.match(GLOBAL_UNICAST) && parsed.range() === 'unicast'
}

/** Whether an address is this machine itself, where every port is somebody else's; also when written as IPv4 in IPv6. */
export function isLoopbackAddress(address: string): boolean {
  const parsed = parse(address.replace(/^\[|\]$|%.*$/g, ''))
  if (!parsed) return false
  const isIpv4 = parsed instanceof ipaddr.IPv6 && (parsed.isIPv4MappedAddress() || parsed.match(IPV4_COMPATIBLE))
  return [parsed, ...(isIpv4 ? [ipv4At(parsed)] : [])].some((one) => ['loopback', 'unspecified'].includes(one.range()))
}

/** `::192.0.2.1` is written in digits first: ipaddr.js takes it for the mapped address. Undefined for one with a zone. */
function parse(address: string): ipaddr.IPv4 | ipaddr.IPv6 | undefined {
  const url = `http://[${address}]`
  const plain = !address.includes(':') ? address : URL.canParse(url) ? new URL(url).hostname.slice(1, -1) : ''
  return ipaddr.isValid(plain) ? ipaddr.parse(plain) : undefined
}

/** The IPv4 address in the last four bytes of one of IPv6. */
const ipv4At = (address: ipaddr.IPv6) => ipaddr.fromByteArray(address.toByteArray().slice(12))

/** A name lookup that answers with public addresses only: what is checked is what is connected to. */
export const publicLookup = (lookup?: LookupFunction): LookupFunction =>
  checkedLookup(isPublicAddress, PrivateAddressRefused, lookup)

/** A name lookup that answers with any address but this machine's own. */
export const distantLookup = (lookup?: LookupFunction): LookupFunction =>
  checkedLookup((address) => !isLoopbackAddress(address), LoopbackAddressRefused, lookup)

function checkedLookup(
  isAllowed: (address: string) => boolean,
  Refused: new (hostname: string, address: string) => Error,
  lookup: LookupFunction = systemLookup,
): LookupFunction {
  return (hostname, options, callback) =>
    lookup(hostname, { ...options, all: true }, (error, found) => {
      if (error) return callback(error, [])
      const addresses = [found]
        .flat()
        .map((entry) => (typeof entry === 'string' ? { address: entry, family: 0 } : entry))
      const allowed = addresses.filter(({ address }) => isAllowed(address))
      const [first] = allowed
      if (!first) callback(new Refused(hostname, addresses.map(({ address }) => address).join(', ')), [])
      else if (options.all) callback(null, allowed)
      else callback(null, first.address, first.family)
    })
}
