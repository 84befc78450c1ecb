import { requireAssumableRole, type AssumeRoleRequest, roleSession } from '../../../../access/role-assumption.js'
import type { Role } from '../../../../access/identities.js'
import { authorizationToken } from '../../../../access/token.js'
import { ServiceException } from '../../../../registry/errors.js'
import type { Principal } from '../../../../registry/principal.js'
import type { Context } from '../../context.js'
import { validationError } from '../../query-refusals.js'
import type { Input, Operation } from '../sts-operation.js'
import { acceptSessionPolicies } from '../session-policies.js'
import { acceptSessionTags } from '../session-tags.js'
import { temporaryCredentials } from '../temporary-credentials.js'

/** The default duration, and the longest one if a session assumes a role. */
const HOUR = 3600

/**
 * Temporary credentials with the permissions of a role. Members about a second factor and a source identity are
 * ignored.
 * https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html
 *
 * @exact Trust policies, external ids, session policies, session tags and role chaining decide, with the service's
 *   messages; PackedPolicySize.
 * @inferred The share that PackedPolicySize states is that of our tokens; a session may be as short as 900 seconds.
 * @notModelled Members about a second factor and a source identity are ignored.
 */
export const assumeRole: Operation<'AssumeRole'> = {
  run(input, context) {
    const { principal } = context
    const request = acceptRequest(input, context)
    const role = requireAssumableRole(request, context)
    const seconds = durationOf(input.DurationSeconds, role, principal)
    const session = roleSession(role, request)
    const percent = packedPercent(session, context)
    return {
      Credentials: temporaryCredentials(session, seconds, context),
      AssumedRoleUser: { AssumedRoleId: session.userId, Arn: session.arn },
      ...(percent > 0 && { PackedPolicySize: percent }),
    }
  },
}

/** Throws ValidationError, InvalidParameterValue and MalformedPolicyDocument. */
function acceptRequest(input: Input<'AssumeRole'>, { principal, registry, request }: Context): AssumeRoleRequest {
  const { RoleArn: roleArn, RoleSessionName: sessionName, ExternalId: externalId } = input
  if (!/^arn:[a-z-]+:iam::\d{12}:role\/./.test(roleArn)) throw validationError('Request ARN is invalid')
  const { tags, transitiveTagKeys } = acceptSessionTags(input, principal)
  const policies = acceptSessionPolicies(input)
  return {
    roleArn,
    sessionName,
    externalId,
    policies,
    tags,
    transitiveTagKeys,
    principal,
    region: registry.region,
    request,
  }
}

/** https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use.html#id_roles_use_view-role-max-session */
function durationOf(seconds: number | undefined, { maxSessionDurationSeconds }: Role, { session }: Principal): number {
  if (seconds === undefined) return Math.min(HOUR, maxSessionDurationSeconds)
  if (session && seconds > HOUR)
    throw validationError(
      'The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining.',
    )
  if (seconds > maxSessionDurationSeconds)
    throw validationError('The requested DurationSeconds exceeds the MaxSessionDuration set for this role.')
  return seconds
}

/**
 * The longest authorization token: clients send it in one header, and the data plane takes 16 KB of headers.
 * https://nodejs.org/docs/latest-v20.x/api/http.html#httpmaxheadersize
 */
const MAX_TOKEN_CHARACTERS = 12 * 1024

/** How many percent of that token a session's policies and tags take. Throws PackedPolicyTooLarge. */
function packedPercent(principal: Principal, { registry: { region }, now, secret }: Context): number {
  const tokenLength = (holder: Principal) =>
    authorizationToken(
      { principal: holder, registry: { account: holder.account, region }, expiresAt: now.getTime() },
      secret,
    ).length
  const emptySession = { ...principal.session, policies: [], tags: {}, transitiveTagKeys: [] }
  const fixed = tokenLength({ ...principal, session: emptySession })
  const percent = Math.ceil(((tokenLength(principal) - fixed) / (MAX_TOKEN_CHARACTERS - fixed)) * 100)
  if (percent <= 100) return percent
  throw new ServiceException(
    'PackedPolicyTooLarge',
    `Packed policy consumes ${percent}% of allotted space, please use smaller policy.`,
  )
}
