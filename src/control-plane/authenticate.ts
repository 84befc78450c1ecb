import { isBeforeReset, type ClockAdvanceClaim } from '../access/clock-advance.js'
import { accountNamedBy, defaultAccount } from '../access/credentials.js'
import type { Identities } from '../access/identities.js'
import { principalOfRoot } from '../access/principal-ids.js'
import { isSessionKey, readSession, secretOfSession } from '../access/session-credentials.js'
import { ServiceException } from '../registry/errors.js'
import type { Clock } from '../registry/ports/clock.js'
import type { Principal } from '../registry/principal.js'
import { DEFAULT_REGION } from '../registry/registry.js'
import { claimedScope } from '../sigv4/claimed-scope.js'
import { refusals } from '../sigv4/refusals.js'
import type { SigningKeyCache } from '../sigv4/signature.js'
import type { SignedRequest } from '../sigv4/signed-request.js'
import { verify } from '../sigv4/verify.js'
import type { ReceivedRequest } from './received-request.js'
import type { ServiceName } from './services/service.js'

/** The principal that calls, and the Region that it calls. */
export interface Caller {
  readonly principal: Principal
  readonly region: string
}

/**
 * The caller whose signature was verified. `requireCurrent` checks, once the time is read, that the credentials are
 * still valid.
 */
export interface Signer extends Caller, ClockAdvanceClaim {
  /** When temporary credentials expire, in epoch milliseconds of the emulator's time; absent for long-term ones. */
  readonly expiresAt?: number
}

/** The dependencies of authentication. */
export interface AuthenticateDeps {
  readonly identities: Identities
  readonly clock: Clock
  /** The installation's secret, from which temporary credentials are derived. */
  readonly secret: string
  /** `relaxed` accepts any credentials without checking them. */
  readonly auth: 'strict' | 'relaxed'
  readonly maxSkewSeconds: number
  readonly signingKeys: SigningKeyCache
}

/**
 * Verifies the Signature Version 4 of a call, in its headers or its query, and the security token of temporary
 * credentials. Throws the same exceptions, in the same order, as the service does. Reads nothing from the store.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
 */
export function signerOf(request: ReceivedRequest, service: ServiceName, deps: AuthenticateDeps): Signer {
  if (deps.auth === 'relaxed') return unverifiedSigner(request)

  const verdict = verify(request, {
    secretOf: (accessKeyId) => secretOf(accessKeyId, deps),
    service,
    now: deps.clock.wall(),
    maxSkewSeconds: deps.maxSkewSeconds,
    signingKeys: deps.signingKeys,
  })
  if (!verdict.valid) throw new ServiceException(verdict.code, verdict.message)
  const { accessKeyId, securityToken = '', region } = verdict
  return holderOf(accessKeyId, securityToken, region, deps)
}

/** Refuses temporary credentials that have expired, or whose user or role was removed. Throws as `signerOf` does. */
export function requireCurrent(
  signer: Signer,
  now: Date,
  { identities, clock }: Pick<AuthenticateDeps, 'identities' | 'clock'>,
): Caller {
  if (signer.expiresAt === undefined) return signer
  if (signer.expiresAt <= now.getTime() || isBeforeReset(signer, now, clock.wall())) throw expiredToken()
  // The sessions of a user or role end when it is removed from the configuration.
  if (!identities.policiesOf(signer.principal)) throw invalidToken()
  return signer
}

function secretOf(accessKeyId: string, { identities, secret }: AuthenticateDeps): string | undefined {
  const longTerm = identities.credentialsOf(accessKeyId)
  if (longTerm) return longTerm.secretAccessKey
  return isSessionKey(accessKeyId) ? secretOfSession(accessKeyId, secret) : undefined
}

/** Long-term keys are sent without a security token, temporary keys with their own. */
function holderOf(accessKeyId: string, securityToken: string, region: string, deps: AuthenticateDeps): Signer {
  const longTerm = deps.identities.credentialsOf(accessKeyId)
  if (longTerm && securityToken === '') return { principal: longTerm.principal, region }
  const session = longTerm ? undefined : readSession(securityToken, accessKeyId, deps.secret)
  if (!session) throw invalidToken()
  const { principal, expiresAt, clockAdvancedBy } = session
  return { principal, region, expiresAt, ...(clockAdvancedBy !== undefined && { clockAdvancedBy }) }
}

const invalidToken = () =>
  new ServiceException('UnrecognizedClientException', 'The security token included in the request is invalid')

const expiredToken = () =>
  new ServiceException('ExpiredTokenException', 'The security token included in the request is expired')

/**
 * With `relaxed`, any key is an administrator's: of the account that has the key as its id, or else of the default one.
 */
function unverifiedSigner(request: SignedRequest): Caller {
  const scope = claimedScope(request)
  if (!scope) {
    const { code, message } = refusals.missingAuthenticationToken()
    throw new ServiceException(code, message)
  }
  const { accessKeyId = '', region = DEFAULT_REGION } = scope
  return { principal: principalOfRoot(accountNamedBy(accessKeyId) ?? defaultAccount.account), region }
}
