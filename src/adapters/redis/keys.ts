import type { PageOf } from '../../registry/ports/key-value.js'
import type { Registry } from '../../registry/registry.js'

/*
 * The whole layout:
 *
 *   ecr-local:layout                              string      the version of this layout
 *   ecr-local:{<account>:<region>}:<collection>   sorted set  one member a record, all with score 0, so sorted by bytes:
 *                                                             key NUL packed value
 *
 * The braces are a cluster's hash tag: all of a registry is in one slot, so that one script reads and writes it. A record
 * is the range of members that begin with `key NUL`; a page is a longer range. In keys the characters NUL and SOH are written
 * SOH SOH and SOH STX, so that members sort as keys do and NUL ends them.
 */

/** Raised whenever what lies in Redis changes shape. */
export const LAYOUT = '1'

export const LAYOUT_KEY = 'ecr-local:layout'

/** What a cluster chooses the server by: one registry's keys are on one server. */
export const tagOf = (key: string): string => /\{(.*?)\}/.exec(key)?.[1] ?? key

/** What `clear` and `registries` look for; no request does. */
export const OUR_KEYS = 'ecr-local:*'

/** The hash tag of a registry's keys, without its braces. */
export const hashTagOf = ({ account, region }: Registry): string => `${account}:${region}`

/** The sorted set of a registry's records of one kind. */
export const setOf = (registry: Registry, collection: string) => `ecr-local:{${hashTagOf(registry)}}:${collection}`

/** Whose records a sorted set holds; undefined for other keys. */
export function registryOf(key: string): Registry | undefined {
  const [, account, region] = /^ecr-local:\{([^:}]*):([^}]*)\}:/.exec(key) ?? []
  return account === undefined || region === undefined ? undefined : { account, region }
}

/** A range of members, as ZRANGEBYLEX takes it. */
export interface LexRange {
  readonly min: Buffer
  readonly max: Buffer
}

const NUL = 0
const bytes = (before: string, key: string, ...after: number[]) =>
  Buffer.concat([Buffer.from(before + escaped(key)), Buffer.from(after)])

/** A key as members begin with it: NUL, which ends it, is not in it. */
export const escaped = (key: string) => key.replaceAll('\x01', '\x01\x02').replaceAll('\0', '\x01\x01')
const unescaped = (key: string) => key.replaceAll('\x01\x01', '\0').replaceAll('\x01\x02', '\x01')

/** The one member of a record, or none. */
export const rangeOfKey = (key: string): LexRange => ({ min: bytes('[', key, NUL), max: bytes('(', key, NUL + 1) })

/** The members of a page. UTF-8 has no byte 0xff. */
export function rangeOfPage({ prefix = '', after }: Pick<PageOf, 'prefix' | 'after'>): LexRange {
  const follows = after !== undefined && Buffer.compare(Buffer.from(after), Buffer.from(prefix)) >= 0
  return { min: follows ? bytes('[', after, NUL + 1) : bytes('[', prefix), max: bytes('(', prefix, 0xff) }
}

/** A record as it is stored. */
export const memberOf = (key: string, packed: Buffer) => Buffer.concat([bytes('', key, NUL), packed])

/** A stored record's key, and its value still packed. */
export function partsOf(member: Buffer): { readonly key: string; readonly packed: Buffer } {
  const end = member.indexOf(NUL)
  return { key: unescaped(member.toString('utf8', 0, end)), packed: member.subarray(end + 1) }
}
