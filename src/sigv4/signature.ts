import { createHmac, createSecretKey, hash, type KeyObject, timingSafeEqual } from 'node:crypto'
import { LRUCache } from 'lru-cache'
import type { CredentialScope } from './credential-scope.js'
import type { SigningDate } from './signing-date.js'

const signingKeys = new LRUCache<string, KeyObject>({ max: 1000 })

/** https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html#calculate-signature */
export function signatureOf(canonical: string, secretAccessKey: string, scope: CredentialScope, date: SigningDate) {
  const stringToSign = [
    'AWS4-HMAC-SHA256',
    date.text,
    `${scope.date}/${scope.region}/${scope.service}/${scope.terminator}`,
    sha256(Buffer.from(canonical, 'latin1')),
  ].join('\n')
  return createHmac('sha256', signingKey(secretAccessKey, scope)).update(stringToSign).digest('hex')
}

/** In constant time, so that a guess cannot be improved byte by byte. */
export function sameSignature(expected: string, given: string): boolean {
  const [a, b] = [Buffer.from(expected), Buffer.from(given)]
  return a.length === b.length && timingSafeEqual(a, b)
}

/** What stands for the body in a canonical request, in lower-case hexadecimal. */
export const sha256 = (bytes: Uint8Array) => hash('sha256', bytes, 'hex')

/** Four of the five HMACs depend on the secret and the day alone; keyed by the secret, so a new one never meets an old key. */
function signingKey(secretAccessKey: string, { date, region, service, terminator }: CredentialScope): KeyObject {
  const name = [secretAccessKey, date, region, service].join('\n')
  const known = signingKeys.get(name)
  if (known) return known
  const derived = [date, region, service, terminator].reduce<Buffer>(
    (key, part) => createHmac('sha256', key).update(part).digest(),
    Buffer.from(`AWS4${secretAccessKey}`),
  )
  const key = createSecretKey(derived)
  signingKeys.set(name, key)
  return key
}
