import { createHmac, createSecretKey, hash, type KeyObject, timingSafeEqual } from 'node:crypto'
import { LRUCache } from 'lru-cache'
import type { CredentialScope } from './credential-scope.js'
import type { SigningDate } from './signing-date.js'

/** Signing keys, which depend only on the secret, the day, the Region and the service, kept between requests. */
export interface SigningKeyCache {
  get(name: string): KeyObject | undefined
  set(name: string, key: KeyObject): unknown
}

/** A cache for the signing keys of the most recent callers; one verifier uses one. */
export const signingKeyCache = (): SigningKeyCache => new LRUCache<string, KeyObject>({ max: 1000 })

/** The secret and the scope a request is signed with. */
export interface SigningContext {
  readonly secretAccessKey: string
  readonly scope: CredentialScope
  readonly date: SigningDate
  readonly signingKeys: SigningKeyCache | undefined
}

/**
 * The signature of a canonical request.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html#calculate-signature
 */
export function signatureOf(canonical: string, signing: SigningContext): string {
  const { date, scope } = signing
  const scopeText = `${scope.date}/${scope.region}/${scope.service}/${scope.terminator}`
  const hashed = sha256(Buffer.from(canonical, 'latin1'))
  const stringToSign = `AWS4-HMAC-SHA256\n${date.text}\n${scopeText}\n${hashed}`
  return createHmac('sha256', signingKey(signing)).update(stringToSign).digest('hex')
}

/** Compares in constant time, so that a signature cannot be guessed byte by byte. */
export function sameSignature(expected: string, actual: string): boolean {
  const [a, b] = [Buffer.from(expected), Buffer.from(actual)]
  return a.length === b.length && timingSafeEqual(a, b)
}

/** The hash of the body in a canonical request, in lower-case hexadecimal. */
export const sha256 = (bytes: Uint8Array) => hash('sha256', bytes, 'hex')

/**
 * Four of the five HMACs make the signing key. Its name in the cache includes the secret, so a changed secret never
 * finds an old key.
 */
function signingKey({ secretAccessKey, scope, signingKeys }: SigningContext): KeyObject {
  const { date, region, service, terminator } = scope
  const name = `${secretAccessKey}\n${date}\n${region}\n${service}`
  const cached = signingKeys?.get(name)
  if (cached) return cached
  const derived = [date, region, service, terminator].reduce<Buffer>(
    (key, part) => createHmac('sha256', key).update(part).digest(),
    Buffer.from(`AWS4${secretAccessKey}`),
  )
  const key = createSecretKey(derived)
  signingKeys?.set(name, key)
  return key
}
