import { principalOfRoot } from '../../../../access/principal-ids.js'
import { ServiceException } from '../../../../registry/errors.js'
import type { Operation } from '../sts-operation.js'
import { temporaryCredentials } from '../temporary-credentials.js'

const DEFAULT_SECONDS = 43_200

/** A root user's session lasts at most an hour, even if the call asks for longer. */
const MAX_SECONDS_OF_ROOT = 3600

/**
 * Temporary credentials of a user, with the user's own permissions. Requires no permission.
 * https://docs.aws.amazon.com/STS/latest/APIReference/API_GetSessionToken.html
 *
 * @exact The limits of the duration for users and the root user; the refusal of a session.
 * @notModelled Members about a second factor are ignored.
 */
export const getSessionToken: Operation<'GetSessionToken'> = {
  refuseCaller({ session }) {
    if (session)
      throw new ServiceException('AccessDeniedException', 'Cannot call GetSessionToken with session credentials')
  },

  run({ DurationSeconds = DEFAULT_SECONDS }, context) {
    const { principal, now } = context
    const isRoot = principal.arn === principalOfRoot(principal.account).arn
    const seconds = isRoot ? Math.min(DurationSeconds, MAX_SECONDS_OF_ROOT) : DurationSeconds
    const sessionPrincipal = { ...principal, session: { issuedAt: now.getTime() } }
    return { Credentials: temporaryCredentials(sessionPrincipal, seconds, context) }
  },
}
