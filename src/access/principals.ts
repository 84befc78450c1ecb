import { createHash } from 'node:crypto'
import type { Principal } from '../registry/principal.js'

/**
 * An account's root user, who may do everything in it.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html
 */
export const principalOfRoot = (account: string): Principal => ({
  arn: `arn:aws:iam::${account}:root`,
  account,
  userId: account,
})

/** A user of the configuration, with an id that is the same after every start. */
export function principalOfUser(account: string, name: string): Principal {
  const arn = `arn:aws:iam::${account}:user/${name}`
  return { arn, account, userId: uniqueId('AIDA', arn) }
}

/**
 * Stable across restarts, in the form of a real one: a prefix that tells the kind, and 17 capitals and digits.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-unique-ids
 */
export const uniqueId = (prefix: 'AIDA' | 'AROA', arn: string) => `${prefix}${capitalsAndDigits(arn, 17)}`

/** Up to 32 characters of the alphabet AWS makes ids of, always the same for the same text. */
export const capitalsAndDigits = (text: string, length: number): string =>
  [...createHash('sha256').update(text).digest().subarray(0, length)].map((byte) => BASE32[byte % 32]).join('')

const BASE32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'
