import type { Registry } from '../registry/registry.js'
import type { Principal } from '../registry/principal.js'
import { isSigned, signText } from './signed-text.js'

/** How long an authorization token is good for, by the emulator's clock, as in ECR. */
export const TOKEN_LIFETIME_MS = 12 * 60 * 60 * 1000

/** What an authorization token says: who holds it, which registry it was asked for, until when. */
export interface Grant {
  readonly principal: Principal
  readonly registry: Registry
  readonly expiresAt: number
}

/**
 * The password for `docker login --username AWS`. The control plane hands it out, the data plane takes it back;
 * self-contained, so neither asks the other.
 * https://docs.aws.amazon.com/AmazonECR/latest/userguide/registry_auth.html
 */
export function issueToken(grant: Grant, secret: string): string {
  const claims = Buffer.from(JSON.stringify(grant)).toString('base64url')
  return `${claims}.${signText('token', claims, secret)}`
}

/** The grant of a token that is genuine; `expired` once its time is over, undefined when it is forged. */
export function readToken(token: string, secret: string, now: Date): Grant | 'expired' | undefined {
  const [claims = '', signature = ''] = token.split('.')
  if (!isSigned('token', claims, signature, secret)) return undefined
  const grant = JSON.parse(Buffer.from(claims, 'base64url').toString()) as Grant
  return grant.expiresAt > now.getTime() ? grant : 'expired'
}
