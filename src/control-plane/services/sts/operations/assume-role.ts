import { requireAssumableRole, type AssumeRoleRequest, roleSession } from '../../../../access/assume-role.js'
import type { Role } from '../../../../access/identities.js'
import { authorizationToken } from '../../../../access/token.js'
import type { Principal } from '../../../../registry/principal.js'
import { ServiceException } from '../../../../registry/errors.js'
import type { Action, QueryContext } from '../../query-action.js'
import { readAssumeRole } from '../assume-role-members.js'
import { temporaryCredentials } from '../credentials-shape.js'
import { validationError } from '../../query-members.js'

/** Unless said otherwise, and at most where one session leads to the next. */
const HOUR = 3600

/**
 * Temporary credentials with the permissions of a role.
 * https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html
 */
export const assumeRole: Action = (members, context) => {
  const { principal, region, request } = context
  const { durationSeconds, ...wanted } = readAssumeRole(members, principal)
  const asked: AssumeRoleRequest = { ...wanted, principal, region, request }
  const role = requireAssumableRole(asked, context)
  const seconds = durationOf(durationSeconds, role, principal)
  const session = roleSession(role, asked)
  const percent = packedPercent(session, context)
  return {
    Credentials: temporaryCredentials(session, seconds, context),
    AssumedRoleUser: { AssumedRoleId: session.userId, Arn: session.arn },
    ...(percent > 0 && { PackedPolicySize: percent }),
  }
}

/** https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use.html#id_roles_use_view-role-max-session */
function durationOf(wanted: number | undefined, { maxSessionDurationSeconds }: Role, { session }: Principal): number {
  if (wanted === undefined) return Math.min(HOUR, maxSessionDurationSeconds)
  if (session && wanted > HOUR)
    throw validationError(
      'The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining.',
    )
  if (wanted > maxSessionDurationSeconds)
    throw validationError('The requested DurationSeconds exceeds the MaxSessionDuration set for this role.')
  return wanted
}

/**
 * How long an authorization token may be: clients send it in one header, and the data plane takes 16 KB of them all.
 * https://nodejs.org/docs/latest-v20.x/api/http.html#httpmaxheadersize
 */
const LONGEST_TOKEN = 12 * 1024

/** How much of the room in that token a session's policies and tags take. Throws PackedPolicyTooLarge. */
function packedPercent(principal: Principal, { region, now, secret }: QueryContext): number {
  const lengthFor = (holder: Principal) =>
    authorizationToken(
      { principal: holder, registry: { account: holder.account, region }, expiresAt: now.getTime() },
      secret,
    ).length
  const nothingPacked = { ...principal.session, policies: [], tags: {}, transitiveTagKeys: [] }
  const fixed = lengthFor({ ...principal, session: nothingPacked })
  const percent = Math.ceil(((lengthFor(principal) - fixed) / (LONGEST_TOKEN - fixed)) * 100)
  if (percent <= 100) return percent
  throw new ServiceException(
    'PackedPolicyTooLarge',
    `Packed policy consumes ${percent}% of allotted space, please use smaller policy.`,
  )
}
