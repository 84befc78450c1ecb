import type { Principal } from '../registry/principal.js'
import { isObject, isPrincipal, isText } from './claimed-principal.js'
import type { IssuedAhead } from './clock-advance.js'
import { capitalsAndDigits } from './principals.js'
import { readClaims, signClaims } from './signed-claims.js'
import { signText } from './signed-text.js'

/** What a session token says: whose session it is, which key it belongs to, until when. */
export interface SessionClaims extends IssuedAhead {
  readonly accessKeyId: string
  readonly principal: Principal
  /** Epoch milliseconds, by the emulator's clock. */
  readonly expiresAt: number
}

/** Temporary credentials as their holder gets them. */
export interface SessionCredentials {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly sessionToken: string
}

/**
 * Temporary credentials. They carry all there is to know of them, so that every process of an installation takes them
 * and a restart does not end them. `unique` makes the key another than every other.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_temp.html
 */
export function issueSession(
  principal: Principal,
  life: Pick<SessionClaims, 'expiresAt' | 'clockAdvancedBy'>,
  unique: string,
  secret: string,
): SessionCredentials {
  const accessKeyId = `ASIA${capitalsAndDigits(unique, 16)}`
  const claims: SessionClaims = { accessKeyId, principal, ...life }
  return {
    accessKeyId,
    secretAccessKey: secretOfSession(accessKeyId, secret),
    sessionToken: signClaims('session', claims, secret),
  }
}

/**
 * Whether an access key id is of temporary credentials.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-unique-ids
 */
export const isSessionKey = (accessKeyId: string): boolean => /^ASIA[A-Z0-9]{16}$/.test(accessKeyId)

/** The secret access key of a temporary one: the installation's secret makes it, and nobody else could. */
export const secretOfSession = (accessKeyId: string, secret: string): string =>
  signText('session key', accessKeyId, secret).slice(0, SECRET_LENGTH)

/** As long as AWS's. */
const SECRET_LENGTH = 40

/** The claims of a session token that is genuine, expired or not; undefined for a forged one or that of another key. */
export function readSession(sessionToken: string, accessKeyId: string, secret: string): SessionClaims | undefined {
  const claims = readClaims('session', sessionToken, secret)
  return isSession(claims) && claims.accessKeyId === accessKeyId ? claims : undefined
}

function isSession(value: unknown): value is SessionClaims {
  if (!isObject(value)) return false
  const { accessKeyId, principal, expiresAt, clockAdvancedBy = 0 } = value
  return isText(accessKeyId) && isPrincipal(principal) && [expiresAt, clockAdvancedBy].every(Number.isFinite)
}
