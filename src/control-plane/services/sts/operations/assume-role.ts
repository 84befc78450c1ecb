import { requireAssumableRole, type AssumeRoleRequest, roleSession } from '../../../../access/role-assumption.js'
import type { Role } from '../../../../access/identities.js'
import type { Principal } from '../../../../registry/principal.js'
import type { Context } from '../../context.js'
import { validationError } from '../../query-refusals.js'
import type { Input, Operation } from '../sts-operation.js'
import { accountOfRole, DEFAULT_SESSION_SECONDS, durationOfSession, packedPercent } from '../role-sessions.js'
import { acceptSessionPolicies } from '../session-policies.js'
import { acceptSessionTags } from '../session-tags.js'
import { temporaryCredentials } from '../temporary-credentials.js'

/**
 * Temporary credentials with the permissions of a role. Members about a second factor are ignored.
 * https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html
 */
export const assumeRole: Operation<'AssumeRole'> = {
  run(input, context) {
    const { principal } = context
    const request = acceptRequest(input, context)
    const role = requireAssumableRole(request, context)
    const seconds = durationOf(input.DurationSeconds, role, principal)
    const session = roleSession(role, request)
    const percent = packedPercent(session, context)
    const { sourceIdentity: SourceIdentity } = request
    return {
      Credentials: temporaryCredentials(session, seconds, context),
      AssumedRoleUser: { AssumedRoleId: session.userId, Arn: session.arn },
      ...(percent > 0 && { PackedPolicySize: percent }),
      ...(SourceIdentity !== undefined && { SourceIdentity }),
    }
  },
}

/** Throws ValidationError, InvalidParameterValue and MalformedPolicyDocument. */
function acceptRequest(input: Input<'AssumeRole'>, { principal, registry, request }: Context): AssumeRoleRequest {
  const { RoleArn: roleArn, RoleSessionName: sessionName, ExternalId: externalId } = input
  accountOfRole(roleArn)
  const { tags, transitiveTagKeys } = acceptSessionTags(input, principal)
  const policies = acceptSessionPolicies(input)
  return {
    roleArn,
    sessionName,
    externalId,
    policies,
    tags,
    transitiveTagKeys,
    sourceIdentity: input.SourceIdentity ?? principal.session?.sourceIdentity,
    principal,
    region: registry.region,
    request,
  }
}

function durationOf(seconds: number | undefined, role: Role, { session }: Principal): number {
  if (session && seconds !== undefined && seconds > DEFAULT_SESSION_SECONDS)
    throw validationError(
      'The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining.',
    )
  return durationOfSession(seconds, role)
}
