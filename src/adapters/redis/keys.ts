import type { PageQuery } from '../../registry/ports/key-value.js'
import type { Registry } from '../../registry/registry.js'

/*
 * The layout in Redis:
 *
 *   ecr-local:layout                              string      the version of this layout
 *   ecr-local:{<account>:<region>}:<collection>   sorted set  one member for each record, all with score 0, so
 *                                                             sorted by bytes: key NUL encoded value
 *
 * The braces are a cluster's hash tag: all keys of a registry are in one slot, so that one script can read and write
 * them. A record is the range of members that begin with `key NUL`; a page is a longer range. NUL and SOH in keys are
 * escaped as SOH SOH and SOH STX, so that members sort like keys and NUL marks the end of the key.
 */

/** The version of the layout, to be raised whenever the layout changes. */
export const LAYOUT = '1'

/** The key of the version of the layout. */
export const LAYOUT_KEY = 'ecr-local:layout'

/** The hash tag in a key of Redis: a cluster stores all keys with the same tag on one server. */
export const tagOf = (key: string): string => /\{(.*?)\}/.exec(key)?.[1] ?? key

/** The pattern of all keys of ecr-local. Only `clear` and `registries` scan for it, no request does. */
export const OUR_KEYS = 'ecr-local:*'

/** The hash tag of a registry's keys, without its braces. */
export const hashTagOf = ({ account, region }: Registry): string => `${account}:${region}`

/** The sorted set of a registry's records of one kind. */
export const setOf = (registry: Registry, collection: string) => `ecr-local:{${hashTagOf(registry)}}:${collection}`

/**
 * A copy of a sorted set that is not in use as one, for a transfer: in the same slot, and removed with everything else,
 * but not the records of a registry.
 */
export const transferSetOf = (id: string, registry: Registry, collection: string) =>
  `ecr-local:transfer:${id}:{${hashTagOf(registry)}}:${collection}`

/** The registry whose records a sorted set contains; undefined for other keys. */
export function registryOf(key: string): Registry | undefined {
  const [, account, region] = /^ecr-local:\{([^:}]*):([^}]*)\}:/.exec(key) ?? []
  return account === undefined || region === undefined ? undefined : { account, region }
}

/** A range of members with the bounds that ZRANGEBYLEX expects. */
export interface LexRange<Bound = Buffer> {
  readonly min: Bound
  readonly max: Bound
}

const NUL = 0
const bytes = (before: string, key: string, ...after: number[]) =>
  Buffer.concat([Buffer.from(before + escaped(key)), Buffer.from(after)])

/** A key in the form in which members begin with it. It does not contain NUL, which marks its end. */
export const escaped = (key: string) => key.replaceAll('\x01', '\x01\x02').replaceAll('\0', '\x01\x01')
const unescaped = (key: string) => key.replaceAll('\x01\x01', '\0').replaceAll('\x01\x02', '\x01')

/** The range that contains the member of a record, if there is one: as texts, which the client sends with less work. */
export function rangeOfKey(key: string): LexRange<string> {
  const prefix = escaped(key)
  return { min: `[${prefix}\0`, max: `(${prefix}\x01` }
}

/** The range that contains the members of a page. The byte 0xff does not occur in UTF-8. */
export function rangeOfPage({ prefix = '', after }: Pick<PageQuery, 'prefix' | 'after'>): LexRange {
  const startsAfter = after !== undefined && Buffer.compare(Buffer.from(after), Buffer.from(prefix)) >= 0
  return { min: startsAfter ? bytes('[', after, NUL + 1) : bytes('[', prefix), max: bytes('(', prefix, 0xff) }
}

/** The member that stores a record. */
export const memberOf = (key: string, encoded: Buffer) => Buffer.concat([bytes('', key, NUL), encoded])

/** The key and the encoded value of a member. */
export function partsOf(member: Buffer): { readonly key: string; readonly encoded: Buffer } {
  const end = member.indexOf(NUL)
  return { key: unescaped(member.toString('utf8', 0, end)), encoded: encodedIn(member) }
}

/** The encoded value of a member whose key is known. */
export const encodedIn = (member: Buffer): Buffer => member.subarray(member.indexOf(NUL) + 1)
