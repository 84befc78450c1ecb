import { readAuthorizationHeader } from './authorization-header.js'
import { canonicalRequest } from './canonical-request.js'
import type { Claim } from './claim.js'
import { type CredentialScope, readCredential, refuseScope } from './credential-scope.js'
import { refuseLifetime } from './lifetime.js'
import { readPresigned } from './presigned.js'
import { parseQuery } from './query.js'
import { type Refusal, refusals } from './refusals.js'
import { sameSignature, sha256, signatureOf } from './signature.js'
import { header, type SignedRequest } from './signed-request.js'
import { readSigningDate, type SigningDate } from './signing-date.js'

/** What the verifier must be told, because it knows neither accounts nor the time. */
export interface Rules {
  secretOf(accessKeyId: string): string | undefined
  /** The service called, which the credential must be scoped to. */
  readonly service: string
  /** The machine's time: clients' clocks do not move with the emulator's. */
  readonly now: Date
  /** How far a client's clock may be off, either way. AWS gives most services five minutes. */
  readonly maxSkewSeconds?: number
}

/** Who signed and for what, or the refusal. The security token is handed on as sent: only who issued it can judge it. */
export type Verdict =
  | {
      readonly valid: true
      readonly accessKeyId: string
      readonly region: string
      readonly service: string
      readonly date: string
      readonly securityToken?: string
    }
  | Refusal

/** Verifies Signature Version 4, in the header or in the query. The first thing wrong, in AWS's order, is what is refused. */
export function verify(request: SignedRequest, rules: Rules): Verdict {
  const claim = readClaim(request)
  if ('code' in claim) return claim

  const date = readSigningDate(claim.date)
  if (!date) return refusals.invalidDate(claim.date)
  const tooOldOrNew = refuseLifetime(claim, date, rules.now, rules.maxSkewSeconds ?? 300)
  if (tooOldOrNew) return tooOldOrNew

  const signedHeaders = [...new Set(claim.signedHeaders.toLowerCase().split(';'))].sort()
  if (!signedHeaders.includes('host')) return refusals.mustBeSigned('Host')
  const unsigned = decisive.find((name) => isSent(request, name) && !signedHeaders.includes(name.toLowerCase()))
  if (unsigned) return refusals.mustBeSigned(unsigned)

  if (claim.algorithm !== 'AWS4-HMAC-SHA256') return refusals.unsupportedAlgorithm(claim.algorithm)
  const scope = readCredential(claim.credential)
  if (!scope) return refusals.malformedCredential(claim.credential)
  const wrongScope = refuseScope(scope, rules.service, date)
  if (wrongScope) return wrongScope

  const secretAccessKey = scope.accessKeyId && rules.secretOf(scope.accessKeyId)
  if (!secretAccessKey) return refusals.unknownAccessKey()
  if (!isSignedBy(secretAccessKey, request, claim, signedHeaders, scope, date)) return refusals.wrongSignature()

  const { accessKeyId, region, service } = scope
  return { valid: true, accessKeyId, region, service, date: date.text, securityToken: claim.securityToken }
}

function readClaim(request: SignedRequest): Claim | Refusal {
  const authorization = header(request, 'authorization')
  const query = parseQuery(request.path)
  const presigned = query.some(([name]) => name === 'X-Amz-Algorithm')
  if (presigned) return authorization ? refusals.signedTwice() : readPresigned(query)
  return authorization ? readAuthorizationHeader(request, authorization, query) : refusals.missingAuthenticationToken()
}

/** What is called and whose session calls: not signed, either could be swapped on the way. */
const decisive = ['X-Amz-Target', 'X-Amz-Security-Token']
const isSent = (request: SignedRequest, name: string) => request.headers[name.toLowerCase()] !== undefined

/** The body is always hashed here: what `x-amz-content-sha256` says of it, `UNSIGNED-PAYLOAD` included, is never believed. */
function isSignedBy(
  secretAccessKey: string,
  request: SignedRequest,
  claim: Claim,
  signedHeaders: string[],
  scope: CredentialScope,
  date: SigningDate,
): boolean {
  const bodyHash = request.bodyHash ?? sha256(request.body)
  const declared = request.headers['x-amz-content-sha256']
  if (declared !== undefined && declared !== bodyHash) return false
  const canonical = canonicalRequest(request, claim.query, signedHeaders, bodyHash)
  return sameSignature(signatureOf(canonical, secretAccessKey, scope, date), claim.signature)
}
