import type { HttpRequest } from '@smithy/protocol-http'
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
  principal: Principal
  region: string
}

/** A request that remembers, where it came over HTTP, its headers as sent: a signature covers each one that is repeated. */
export interface ReceivedRequest extends HttpRequest {
  readonly rawHeaders?: readonly string[]
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
 * Verifies the Signature Version 4 of a call, in its headers or its query, and the security token of temporary
 * credentials, which end by the emulator's time. Throws the exceptions of the service's front end, in its order.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
 */
export function authenticate(request: ReceivedRequest, service: Service, now: Date, deps: AuthenticateDeps): Caller {
  const { method, path, headers, rawHeaders } = request
  const signed = { method, path, headers, ...(rawHeaders && { rawHeaders }), body: request.body as Buffer }
  if (deps.auth === 'relaxed') return takenAtItsWord(signed)

  const verdict = verify(signed, {
    secretOf: (accessKeyId) => secretOf(accessKeyId, deps),
    service,
    now: deps.clock.wall(),
    maxSkewSeconds: deps.maxSkewSeconds,
  })
  if (!verdict.valid) throw new ServiceException(verdict.code, verdict.message)
  const { accessKeyId, securityToken = '', region } = verdict
  return { principal: holderOf(accessKeyId, securityToken, now, deps), region }
}

function secretOf(accessKeyId: string, { identities, secret }: AuthenticateDeps): string | undefined {
  const lasting = identities.credentialsOf(accessKeyId)
  if (lasting) return lasting.secretAccessKey
  return isSessionKey(accessKeyId) ? secretOfSession(accessKeyId, secret) : undefined
}

/** A key that lasts comes without a token, a temporary one with its own. */
function holderOf(accessKeyId: string, securityToken: string, now: Date, deps: AuthenticateDeps): Principal {
  const lasting = deps.identities.credentialsOf(accessKeyId)
  if (lasting && securityToken === '') return lasting.principal
  const session = lasting ? undefined : readSession(securityToken, accessKeyId, deps.secret)
  if (!session) throw invalidToken()
  if (session.expiresAt <= now.getTime()) throw expiredToken()
  // Who was taken out of the configuration has no sessions any more.
  if (!deps.identities.policiesOf(session.principal)) throw invalidToken()
  return session.principal
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
