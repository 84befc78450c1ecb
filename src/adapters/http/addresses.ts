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

/**
 * Whether an address is on the public internet: not loopback, link-local (the metadata service), RFC 1918, unique local,
 * shared (RFC 6598) or reserved, also when written as IPv4 in IPv6 (mapped, or NAT64).
 */
export function isPublicAddress(address: string): boolean {
  if (!ipaddr.isValid(address)) return false
  const parsed = ipaddr.process(address)
  if (parsed instanceof ipaddr.IPv6 && parsed.range() === 'rfc6052') {
    return isPublicAddress(ipaddr.fromByteArray(parsed.toByteArray().slice(12)).toString())
  }
  return parsed.range() === 'unicast'
}

/** A name lookup that answers with public addresses only: what is checked is what is connected to. */
export function publicLookup(lookup: LookupFunction = systemLookup): LookupFunction {
  return (hostname, options, callback) =>
    lookup(hostname, { ...options, all: true }, (error, found) => {
      if (error) return callback(error, [])
      const addresses = [found]
        .flat()
        .map((entry) => (typeof entry === 'string' ? { address: entry, family: 0 } : entry))
      const allowed = addresses.filter(({ address }) => isPublicAddress(address))
      const [first] = allowed
      if (!first) callback(new PrivateAddressRefused(hostname, addresses.map(({ address }) => address).join(', ')), [])
      else if (options.all) callback(null, allowed)
      else callback(null, first.address, first.family)
    })
}
