import type { HttpRequest } from '@smithy/protocol-http'
import { isBeforeReset, type ClockAdvanceClaim } from '../access/clock-advance.js'
import { defaultAccount } from '../access/credentials.js'
import type { Identities } from '../access/identities.js'
import { principalOfRoot } from '../access/principals.js'
import { isSessionKey, readSession, secretOfSession } from '../access/session-credentials.js'
import { ServiceException } from '../registry/errors.js'
import type { Clock } from '../registry/ports/clock.js'
import type { Principal } from '../registry/principal.js'
import { claimedScope } from '../sigv4/claimed-scope.js'
import { refusals } from '../sigv4/refusals.js'
import type { SignedRequest } from '../sigv4/signed-request.js'
import { verify } from '../sigv4/verify.js'

/** Who calls, and for which Region. */
export interface Caller {
  readonly principal: Principal
  readonly region: string
}

/** Whose signature a call bears. Whether they still may call is told once the time is known: `requireCurrent`. */
export interface Signer extends Caller, ClockAdvanceClaim {
  /** When temporary credentials end, by the emulator's time; absent for those that last. */
  readonly expiresAt?: number
}

/** A request that remembers, where it came over HTTP, its headers as sent: a signature covers each one that is repeated. */
export interface ReceivedRequest extends HttpRequest {
  /** What the answer says as x-amzn-RequestId. */
  readonly requestId: string
  readonly rawHeaders?: readonly string[]
  /** Of a large body, which was hashed beside the event loop. */
  bodyHash?: string
  readonly remoteAddress: string | undefined
  readonly isSecure: boolean
}

/** The services whose calls the control plane takes, as credential scopes name them. */
export type Service = 'ecr' | 'sts' | 'iam'

/** What it takes to know who calls. */
export interface AuthenticateDeps {
  readonly identities: Identities
  readonly clock: Clock
  /** The installation's, which temporary credentials are made of. */
  readonly secret: string
  /** `relaxed` takes everybody at their word. */
  readonly auth: 'strict' | 'relaxed'
  readonly maxSkewSeconds: number
}

/**
 * Who calls: `signerOf`, then `requireCurrent`. Throws what they throw.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
 */
export const authenticate = (request: ReceivedRequest, service: Service, now: Date, deps: AuthenticateDeps): Caller =>
  requireCurrent(signerOf(request, service, deps), now, deps)

/**
 * Verifies the Signature Version 4 of a call, in its headers or its query, and that the security token of temporary
 * credentials is genuine. Throws the exceptions of the service's front end, in its order. Needs nothing from the store.
 */
export function signerOf(request: ReceivedRequest, service: Service, deps: AuthenticateDeps): Signer {
  const { method, path, headers, rawHeaders, bodyHash } = request
  const hashed = { body: request.body as Buffer, ...(bodyHash !== undefined && { bodyHash }) }
  const signed = { method, path, headers, ...(rawHeaders && { rawHeaders }), ...hashed }
  if (deps.auth === 'relaxed') return takenAtItsWord(signed)

  const verdict = verify(signed, {
    secretOf: (accessKeyId) => secretOf(accessKeyId, deps),
    service,
    now: deps.clock.wall(),
    maxSkewSeconds: deps.maxSkewSeconds,
  })
  if (!verdict.valid) throw new ServiceException(verdict.code, verdict.message)
  const { accessKeyId, securityToken = '', region } = verdict
  return { ...holderOf(accessKeyId, securityToken, deps), region }
}

/** Temporary credentials end by the emulator's time, and with their user or role. Throws as `signerOf` does. */
export function requireCurrent(
  signer: Signer,
  now: Date,
  { identities, clock }: Pick<AuthenticateDeps, 'identities' | 'clock'>,
): Caller {
  if (signer.expiresAt === undefined) return signer
  if (signer.expiresAt <= now.getTime() || isBeforeReset(signer, now, clock.wall())) throw expiredToken()
  // Who was taken out of the configuration has no sessions any more.
  if (!identities.policiesOf(signer.principal)) throw invalidToken()
  return signer
}

function secretOf(accessKeyId: string, { identities, secret }: AuthenticateDeps): string | undefined {
  const lasting = identities.credentialsOf(accessKeyId)
  if (lasting) return lasting.secretAccessKey
  return isSessionKey(accessKeyId) ? secretOfSession(accessKeyId, secret) : undefined
}

/** A key that lasts comes without a token, a temporary one with its own. */
function holderOf(accessKeyId: string, securityToken: string, deps: AuthenticateDeps): Omit<Signer, 'region'> {
  const lasting = deps.identities.credentialsOf(accessKeyId)
  if (lasting && securityToken === '') return { principal: lasting.principal }
  const session = lasting ? undefined : readSession(securityToken, accessKeyId, deps.secret)
  if (!session) throw invalidToken()
  const { principal, expiresAt, clockAdvancedBy } = session
  return { principal, expiresAt, ...(clockAdvancedBy !== undefined && { clockAdvancedBy }) }
}

const invalidToken = () =>
  new ServiceException('UnrecognizedClientException', 'The security token included in the request is invalid')

const expiredToken = () =>
  new ServiceException('ExpiredTokenException', 'The security token included in the request is expired')

const DEFAULT_REGION = 'us-east-1'

/** Whoever shows a key is an administrator: of the account that the key is the id of, or else of the default one. */
function takenAtItsWord(request: SignedRequest): Caller {
  const scope = claimedScope(request)
  if (!scope) {
    const { code, message } = refusals.missingAuthenticationToken()
    throw new ServiceException(code, message)
  }
  const { accessKeyId = '', region = DEFAULT_REGION } = scope
  const account = /^\d{12}$/.test(accessKeyId) ? accessKeyId : defaultAccount.account
  return { principal: principalOfRoot(account), region }
}
