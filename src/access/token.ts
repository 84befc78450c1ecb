import type { Principal } from '../registry/principal.js'
import type { Registry } from '../registry/registry.js'
import { isAccount, isObject, isPrincipal, isText } from './claimed-principal.js'
import { isBeforeReset, type ClockAdvanceClaim } from './clock-advance.js'
import { readClaims, signClaims } from './signed-claims.js'

/** The lifetime of an authorization token, by the emulator's clock: 12 hours, as in ECR. */
export const TOKEN_LIFETIME_MS = 12 * 60 * 60 * 1000

/** What an authorization token says besides whose it is: the registry it was requested for and its expiry. */
export interface GrantTerms extends ClockAdvanceClaim {
  readonly registry: Registry
  readonly expiresAt: number
  /** Set if Amazon ECR Public issued it to a caller who may not log in to private registries, which then refuse it. */
  readonly isForPublic?: boolean
}

/** The claims of an authorization token. */
export interface Grant extends GrantTerms {
  readonly principal: Principal
}

/** The claims of an authorization token whose principal is too long for it and stored; see `stored-principals.ts`. */
export interface GrantByReference extends GrantTerms {
  readonly principalId: string
}

/**
 * Signs an authorization token, the password for `docker login --username AWS`. The control plane issues it and the
 * data plane verifies it, so neither plane calls the other.
 * https://docs.aws.amazon.com/AmazonECR/latest/userguide/registry_auth.html
 */
export const issueToken = (claims: Grant | GrantByReference, secret: string): string =>
  signClaims('token', claims, secret)

/** The claims of a genuine token, even an expired one; undefined for a forged one. */
export function openToken(token: string, secret: string): Grant | GrantByReference | undefined {
  const claims = readClaims('token', token, secret)
  return areClaims(claims) ? claims : undefined
}

/** Whether a token has not expired and was not issued before a reset of the clock. */
export const isCurrent = (terms: GrantTerms, now: Date, wall: Date): boolean =>
  terms.expiresAt > now.getTime() && !isBeforeReset(terms, now, wall)

function areClaims(value: unknown): value is Grant | GrantByReference {
  if (!isObject(value) || !isObject(value.registry)) return false
  const { principal, principalId, registry, expiresAt, clockAdvancedBy = 0 } = value
  return (
    (principalId === undefined ? isPrincipal(principal) : principal === undefined && isText(principalId)) &&
    isAccount(registry.account) &&
    isText(registry.region) &&
    [expiresAt, clockAdvancedBy].every(Number.isFinite)
  )
}
