import { isIPv6 } from 'node:net'
import { UsageError } from '../config/usage-error.js'

/** An address that a server listens on. */
export interface ListenAddress {
  readonly host: string
  readonly port: number
}

/** What addresses are completed with. */
export interface AddressDefaults {
  /** The host that our settings have: it counts for all addresses. */
  readonly hostForAll: string | undefined
  readonly host: string
  readonly port: number
}

/**
 * Reads GATEWAY_LISTEN: `0.0.0.0:4566`, `0.0.0.0`, `:4566`, `[::]:4566`, or a list of these. An address that another
 * one includes is left out, as LocalStack does, since it could not be listened on. Throws UsageError.
 */
export function listenAddresses(text: string, defaults: AddressDefaults): readonly ListenAddress[] {
  const all = text.split(',').map((one) => addressIn(one.trim(), defaults))
  return all.filter((address, index) => !all.some((other, at) => at !== index && includes(other, address, at < index)))
}

function addressIn(text: string, defaults: AddressDefaults): ListenAddress {
  const { ip, name, digits } = ADDRESS.exec(text)?.groups ?? {}
  const port = Number(digits ?? defaults.port)
  const host = ip ?? (name === '' ? undefined : name)
  const isEmpty = host === undefined && digits === undefined
  if (isEmpty || port > MAX_PORT || (ip !== undefined && !isIPv6(ip)))
    throw new UsageError(
      `GATEWAY_LISTEN must be addresses like 0.0.0.0:4566, :4566 or [::]:4566, with commas between them, not ${JSON.stringify(text)}`,
    )
  return { host: defaults.hostForAll ?? host ?? defaults.host, port }
}

const ADDRESS = /^(?:\[(?<ip>[^\]]+)\]|(?<name>[A-Za-z0-9._-]*))(?::(?<digits>\d{1,5}))?$/
const MAX_PORT = 65_535

/** Whether an address makes another one superfluous; of two equal ones, the second. */
function includes(one: ListenAddress, other: ListenAddress, isBefore: boolean): boolean {
  if (one.port !== other.port || one.port === 0) return false
  if (one.host === other.host) return isBefore
  return one.host === '::' || (one.host === '0.0.0.0' && !isIPv6(other.host))
}
