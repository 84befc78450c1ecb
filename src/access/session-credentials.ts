import type { Principal } from '../registry/principal.js'
import { isObject, isPrincipal, isText } from './claimed-principal.js'
import type { ClockAdvanceClaim } from './clock-advance.js'
import { capitalsAndDigits } from './principal-ids.js'
import { readClaims, signClaims } from './signed-claims.js'
import { signText } from './signed-text.js'

/** The claims of a session token: its principal, its access key and its expiry. */
export interface SessionClaims extends ClockAdvanceClaim {
  readonly accessKeyId: string
  readonly principal: Principal
  /** Epoch milliseconds, by the emulator's clock. */
  readonly expiresAt: number
}

/** Temporary credentials as STS returns them. */
export interface SessionCredentials {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly sessionToken: string
}

/**
 * Issues temporary credentials. They are self-contained, so that every process of the installation accepts them and
 * they survive a restart. `unique` is random, so no two sessions share an access key.
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
 * Whether an access key id belongs to temporary credentials.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-unique-ids
 */
export const isSessionKey = (accessKeyId: string): boolean => /^ASIA[A-Z0-9]{16}$/.test(accessKeyId)

/** The secret access key of temporary credentials, derived from the access key id with the installation's secret. */
export const secretOfSession = (accessKeyId: string, secret: string): string =>
  signText('session key', accessKeyId, secret).slice(0, SECRET_LENGTH)

/** The length of AWS's secret access keys. */
const SECRET_LENGTH = 40

/**
 * The claims of a genuine session token, even an expired one; undefined for a forged one or one of another access key.
 */
export function readSession(sessionToken: string, accessKeyId: string, secret: string): SessionClaims | undefined {
  const claims = readClaims('session', sessionToken, secret)
  return isSession(claims) && claims.accessKeyId === accessKeyId ? claims : undefined
}

function isSession(value: unknown): value is SessionClaims {
  if (!isObject(value)) return false
  const { accessKeyId, principal, expiresAt, clockAdvancedBy = 0 } = value
  return isText(accessKeyId) && isPrincipal(principal) && [expiresAt, clockAdvancedBy].every(Number.isFinite)
}
