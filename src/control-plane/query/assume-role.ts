import { assumableRole, type AssumeRoleRequest, roleSession } from '../../access/assume-role.js'
import type { Role } from '../../access/identities.js'
import type { Principal } from '../../registry/principal.js'
import { ServiceException } from '../../registry/errors.js'
import type { Action } from './action.js'
import { readAssumeRole } from './assume-role-members.js'
import { temporaryCredentials } from './credentials.js'
import { validationError } from './members.js'

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
  const role = assumableRole(asked, context)
  const seconds = durationOf(durationSeconds, role, principal)
  const session = roleSession(role, asked)
  const percent = packedPercent(session)
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

/** What policies and tags may take: a token with more of them would not fit into the header of a request. */
const ROOM_BYTES = 5 * 1024

/** How much of the room a session's policies and tags take. Throws PackedPolicyTooLarge. */
function packedPercent({ session }: Principal): number {
  const { policies = [], tags = {} } = session ?? {}
  if (policies.length === 0 && Object.keys(tags).length === 0) return 0
  const percent = Math.ceil((Buffer.byteLength(JSON.stringify([policies, tags])) / ROOM_BYTES) * 100)
  if (percent <= 100) return percent
  throw new ServiceException(
    'PackedPolicyTooLarge',
    `Packed policy consumes ${percent}% of allotted space, please use smaller policy.`,
  )
}
