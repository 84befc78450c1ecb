import type { Principal } from '../registry/principal.js'
import type { Registry } from '../registry/registry.js'
import { isAccount, isObject, isPrincipal, isText } from './claimed-principal.js'
import { isBeforeReset, type ClockAdvanceClaim } from './clock-advance.js'
import { readClaims, signClaims } from './signed-claims.js'

/** The lifetime of an authorization token, by the emulator's clock: 12 hours, as in ECR. */
export const TOKEN_LIFETIME_MS = 12 * 60 * 60 * 1000

/** The claims of an authorization token: its principal, the registry it was requested for and its expiry. */
export interface Grant extends ClockAdvanceClaim {
  readonly principal: Principal
  readonly registry: Registry
  readonly expiresAt: number
  /** Set if Amazon ECR Public issued it to a caller who may not log in to private registries, which then refuse it. */
  readonly isForPublic?: boolean
}

/**
 * Issues the password for `docker login --username AWS`. The control plane issues it and the data plane verifies it; it
 * is self-contained, so neither plane calls the other.
 * https://docs.aws.amazon.com/AmazonECR/latest/userguide/registry_auth.html
 */
export const issueToken = (grant: Grant, secret: string): string => signClaims('token', grant, secret)

/**
 * User name and password as GetAuthorizationToken returns them, encoded as clients send them in the Authorization
 * header.
 * https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_AuthorizationData.html
 */
export const authorizationToken = (grant: Grant, secret: string): string =>
  Buffer.from(`AWS:${issueToken(grant, secret)}`).toString('base64')

/** The grant of a genuine token, even an expired one; undefined for a forged one. */
export function openToken(token: string, secret: string): Grant | undefined {
  const grant = readClaims('token', token, secret)
  return isGrant(grant) ? grant : undefined
}

/** Whether a token has not expired and was not issued before a reset of the clock. */
export const isCurrent = (grant: Grant, now: Date, wall: Date): boolean =>
  grant.expiresAt > now.getTime() && !isBeforeReset(grant, now, wall)

function isGrant(value: unknown): value is Grant {
  if (!isObject(value) || !isObject(value.registry)) return false
  const { principal, registry, expiresAt, clockAdvancedBy = 0 } = value
  return (
    isPrincipal(principal) &&
    isAccount(registry.account) &&
    isText(registry.region) &&
    [expiresAt, clockAdvancedBy].every(Number.isFinite)
  )
}
