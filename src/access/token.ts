import type { Principal } from '../registry/principal.js'
import type { Registry } from '../registry/registry.js'
import { isAccount, isObject, isPrincipal, isText } from './claimed-principal.js'
import { isBeforeReset, type IssuedAhead } from './clock-advance.js'
import { readClaims, signClaims } from './signed-claims.js'

/** How long an authorization token is good for, by the emulator's clock, as in ECR. */
export const TOKEN_LIFETIME_MS = 12 * 60 * 60 * 1000

/** What an authorization token says: who holds it, which registry it was asked for, until when. */
export interface Grant extends IssuedAhead {
  readonly principal: Principal
  readonly registry: Registry
  readonly expiresAt: number
}

/**
 * The password for `docker login --username AWS`. The control plane hands it out, the data plane takes it back;
 * self-contained, so neither asks the other.
 * https://docs.aws.amazon.com/AmazonECR/latest/userguide/registry_auth.html
 */
export const issueToken = (grant: Grant, secret: string): string => signClaims('token', grant, secret)

/**
 * User and password as GetAuthorizationToken hands them out: what clients send, as it is, in the header of every request.
 * https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_AuthorizationData.html
 */
export const authorizationToken = (grant: Grant, secret: string): string =>
  Buffer.from(`AWS:${issueToken(grant, secret)}`).toString('base64')

/** The grant of a genuine token, also of one whose time is over; undefined when it is forged. */
export function openToken(token: string, secret: string): Grant | undefined {
  const grant = readClaims('token', token, secret)
  return isGrant(grant) ? grant : undefined
}

/** Whether the time of a token is not over yet; a reset of the clock ends it, too. */
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
