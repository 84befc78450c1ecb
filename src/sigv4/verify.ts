import { readAuthorizationHeader } from './authorization-header.js'
import { canonicalRequest } from './canonical-request.js'
import type { SignatureClaim } from './claim.js'
import { readCredential, refuseScope } from './credential-scope.js'
import { refuseLifetime } from './lifetime.js'
import { readPresigned } from './presigned.js'
import { parseQuery } from './query.js'
import { type Refusal, refusals } from './refusals.js'
import { sameSignature, sha256, signatureOf, type SigningContext, type SigningKeyCache } from './signature.js'
import { header, type SignedRequest } from './signed-request.js'
import { readSigningDate } from './signing-date.js'

/** What verification depends on besides the request. */
export interface VerificationRules {
  secretOf(accessKeyId: string): string | undefined
  /** The service called, which the credential must be scoped to. */
  readonly service: string
  /** The machine's time, since the clocks of clients do not follow the emulator's. */
  readonly now: Date
  /** How far a client's clock may be off, either way. AWS gives most services five minutes. */
  readonly maxSkewSeconds?: number
  /** Signing keys kept between requests; without it each is derived anew. */
  readonly signingKeys?: SigningKeyCache
}

/**
 * Who signed the request and for which service, or the refusal. The security token is returned as sent; its issuer
 * verifies it.
 */
export type VerificationResult =
  | {
      readonly valid: true
      readonly accessKeyId: string
      readonly region: string
      readonly service: string
      readonly date: string
      readonly securityToken?: string
    }
  | Refusal

/** Verifies Signature Version 4, in the header or in the query. Checks in AWS's order and refuses the first fault. */
export function verify(request: SignedRequest, rules: VerificationRules): VerificationResult {
  const claim = readClaim(request)
  if ('code' in claim) return claim

  const date = readSigningDate(claim.date)
  if (!date) return refusals.invalidDate(claim.date)
  const tooOldOrNew = refuseLifetime(claim, date, rules.now, rules.maxSkewSeconds ?? 300)
  if (tooOldOrNew) return tooOldOrNew

  const signedHeaders = sortedNames(claim.signedHeaders)
  if (!signedHeaders.includes('host')) return refusals.mustBeSigned('Host')
  const unsigned = mustBeSignedHeaders.find(
    (name) => isSent(request, name) && !signedHeaders.includes(name.toLowerCase()),
  )
  if (unsigned) return refusals.mustBeSigned(unsigned)

  if (claim.algorithm !== 'AWS4-HMAC-SHA256') return refusals.unsupportedAlgorithm(claim.algorithm)
  const scope = readCredential(claim.credential)
  if (!scope) return refusals.malformedCredential(claim.credential)
  const wrongScope = refuseScope(scope, rules.service, date)
  if (wrongScope) return wrongScope

  const secretAccessKey = scope.accessKeyId && rules.secretOf(scope.accessKeyId)
  if (!secretAccessKey) return refusals.unknownAccessKey()
  const signing = { secretAccessKey, scope, date, signingKeys: rules.signingKeys }
  if (!hasSignature(request, claim, signedHeaders, signing)) return refusals.wrongSignature()

  const { accessKeyId, region, service } = scope
  return { valid: true, accessKeyId, region, service, date: date.text, securityToken: claim.securityToken }
}

/** The names of the signed headers in lower case, sorted, each once: clients send them so. */
function sortedNames(signedHeaders: string): readonly string[] {
  const names = signedHeaders.toLowerCase().split(';')
  const isSorted = names.every((name, index) => index === 0 || String(names[index - 1]) < name)
  return isSorted ? names : [...new Set(names)].sort()
}

function readClaim(request: SignedRequest): SignatureClaim | Refusal {
  const authorization = header(request, 'authorization')
  const query = parseQuery(request.path)
  const presigned = query.some(([name]) => name === 'X-Amz-Algorithm')
  if (presigned) return authorization ? refusals.signedTwice() : readPresigned(query)
  return authorization ? readAuthorizationHeader(request, authorization, query) : refusals.missingAuthenticationToken()
}

/** Headers that must be signed if present: unsigned, the operation or the session could be exchanged on the way. */
const mustBeSignedHeaders = ['X-Amz-Target', 'X-Amz-Security-Token']
const isSent = (request: SignedRequest, name: string) => request.headers[name.toLowerCase()] !== undefined

/** The body is always hashed here; the value of `x-amz-content-sha256`, also `UNSIGNED-PAYLOAD`, is not trusted. */
function hasSignature(
  request: SignedRequest,
  claim: SignatureClaim,
  signedHeaders: readonly string[],
  signing: SigningContext,
): boolean {
  const bodyHash = request.bodyHash ?? sha256(request.body)
  const declaredHash = request.headers['x-amz-content-sha256']
  if (declaredHash !== undefined && declaredHash !== bodyHash) return false
  const canonical = canonicalRequest(request, claim.query, signedHeaders, bodyHash)
  return sameSignature(signatureOf(canonical, signing), claim.signature)
}
