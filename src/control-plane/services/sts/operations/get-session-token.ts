import { principalOfRoot } from '../../../../access/principals.js'
import { ServiceException } from '../../../../registry/errors.js'
import type { Action } from '../../query-action.js'
import { temporaryCredentials } from '../credentials-shape.js'
import { memberReader } from '../../query-members.js'

const [SHORTEST, LONGEST, BY_DEFAULT] = [900, 129_600, 43_200]

/** A root user's session is cut to an hour, whatever was asked for. */
const LONGEST_OF_ROOT = 3600

/**
 * Temporary credentials of a user, with the user's own permissions. Takes no permission.
 * https://docs.aws.amazon.com/STS/latest/APIReference/API_GetSessionToken.html
 */
export const getSessionToken: Action = (members, context) => {
  const { principal } = context
  if (principal.session)
    throw new ServiceException('AccessDeniedException', 'Cannot call GetSessionToken with session credentials')
  const read = memberReader(members)
  const wanted = read.integer('DurationSeconds', SHORTEST, LONGEST) ?? BY_DEFAULT
  read.finish()
  const isRoot = principal.arn === principalOfRoot(principal.account).arn
  const seconds = isRoot ? Math.min(wanted, LONGEST_OF_ROOT) : wanted
  return {
    Credentials: temporaryCredentials({ ...principal, session: { issuedAt: context.now.getTime() } }, seconds, context),
  }
}
