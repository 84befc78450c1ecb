import { BlockList, isIP, isIPv6 } from 'node:net'

const NUMBER = /^[+-]?(\d+(\.\d*)?|\.\d+)(e[+-]?\d+)?$/i

/** A number, or undefined for a text that is not one and therefore equals nothing. */
export const readNumber = (text: string): number | undefined => (NUMBER.test(text) ? Number(text) : undefined)

const EPOCH_SECONDS = /^(\d{5,}|\d{1,3})(\.\d+)?$/
const DATE = /^\d{4}(-\d\d(-\d\d)?)?$/
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:?\d\d)?$/i

/**
 * A time in epoch milliseconds, from ISO 8601 (UTC where no zone is named) or from epoch seconds. Undefined for any
 * other text.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html#Conditions_Date
 */
export function readDate(text: string): number | undefined {
  if (EPOCH_SECONDS.test(text)) return Number(text) * 1000
  if (DATE.test(text)) return momentOf(text)
  const zone = TIME.exec(text)?.[3]
  if (zone === undefined) return TIME.test(text) ? momentOf(`${text}Z`) : undefined
  return momentOf(text.replace(/([+-]\d\d)(\d\d)$/, '$1:$2'))
}

function momentOf(text: string): number | undefined {
  const milliseconds = Date.parse(text)
  return Number.isNaN(milliseconds) ? undefined : milliseconds
}

/** The bytes of a base64 text as a string, so that equal bytes give equal strings. */
export const readBinary = (text: string): string => Buffer.from(text, 'base64').toString('latin1')

/**
 * Whether an address is in a range, which is one address or a CIDR block of the same family. An invalid range contains
 * nothing.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html#Conditions_IPAddress
 */
export function addressRange(range: string): (address: string) => boolean {
  const { network, prefix, bits } = partsOf(range)
  if (!isAddressRange(range)) return () => false
  return bits === 128 ? rangeOfIpv6(network, prefix) : rangeOfIpv4(network, prefix)
}

/** Whether a text is an IP address or a CIDR block. */
export function isAddressRange(text: string): boolean {
  const { network, prefix, bits } = partsOf(text)
  return isIP(network) !== 0 && prefix <= bits
}

function partsOf(range: string) {
  const [network = '', length, ...rest] = range.split('/')
  const bits = isIPv6(network) ? 128 : 32
  const isLength = /^\d{1,3}$/.test(length ?? '') && rest.length === 0
  return { network, bits, prefix: length === undefined ? bits : isLength ? Number(length) : Infinity }
}

function rangeOfIpv6(network: string, prefix: number) {
  const list = new BlockList()
  list.addSubnet(network, prefix, 'ipv6')
  return (address: string) => isIPv6(address) && list.check(address, 'ipv6')
}

/** Compares numbers: many policies use aws:SourceIp, and a BlockList takes a hundred times as long. */
function rangeOfIpv4(network: string, prefix: number) {
  const size = 2 ** (32 - prefix)
  const first = Math.floor(numberOf(network) / size)
  return (address: string) => Math.floor(numberOf(address) / size) === first
}

/** An IPv4 address as a number; NaN, which equals nothing, for any other text. */
function numberOf(address: string): number {
  let [number, part, digits, dots] = [0, 0, 0, 0]
  for (let i = 0; i < address.length; i++) {
    const code = address.charCodeAt(i)
    if (code === DOT && digits > 0) {
      number = number * 256 + part
      part = digits = 0
      dots++
    } else if (code >= ZERO && code <= ZERO + 9 && digits < 3) {
      part = part * 10 + code - ZERO
      digits++
    } else return NaN
    if (part > 255) return NaN
  }
  return dots === 3 && digits > 0 ? number * 256 + part : NaN
}

const DOT = '.'.charCodeAt(0)
const ZERO = '0'.charCodeAt(0)
