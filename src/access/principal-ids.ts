import { createHash } from 'node:crypto'
import type { Principal } from '../registry/principal.js'

/**
 * The root user of an account, who has every permission in it.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html
 */
export const principalOfRoot = (account: string): Principal => ({
  arn: `arn:aws:iam::${account}:root`,
  account,
  userId: account,
})

/** A user of the configuration, with an id that is the same after every restart. */
export function principalOfUser(account: string, name: string): Principal {
  const arn = `arn:aws:iam::${account}:user/${name}`
  return { arn, account, userId: uniqueId('AIDA', arn) }
}

/**
 * A unique id in AWS's form, stable across restarts: a prefix for the resource type, and 17 capital letters and digits.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-unique-ids
 */
export const uniqueId = (prefix: 'AIDA' | 'AROA', arn: string) => `${prefix}${capitalsAndDigits(arn, 17)}`

/** Up to 32 characters of the alphabet of AWS's ids, always the same for the same text. */
export const capitalsAndDigits = (text: string, length: number): string =>
  [...createHash('sha256').update(text).digest().subarray(0, length)].map((byte) => BASE32[byte % 32]).join('')

const BASE32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'
