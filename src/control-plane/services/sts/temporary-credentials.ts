import { clockAdvanceClaim } from '../../../access/clock-advance.js'
import { issueSession } from '../../../access/session-credentials.js'
import type { Principal } from '../../../registry/principal.js'
import type { Context } from '../context.js'

/**
 * The `Credentials` of an answer, which expire at a whole second of the emulator's clock.
 * https://docs.aws.amazon.com/STS/latest/APIReference/API_Credentials.html
 */
export function temporaryCredentials(
  principal: Principal,
  seconds: number,
  { now, clock, ids, secret }: Pick<Context, 'now' | 'clock' | 'ids' | 'secret'>,
) {
  const expiresAt = (Math.floor(now.getTime() / 1000) + seconds) * 1000
  const life = { expiresAt, ...clockAdvanceClaim(now, clock.wall()) }
  const { accessKeyId, secretAccessKey, sessionToken } = issueSession(principal, life, ids.uuid(), secret)
  return {
    AccessKeyId: accessKeyId,
    SecretAccessKey: secretAccessKey,
    SessionToken: sessionToken,
    Expiration: new Date(expiresAt),
  }
}
