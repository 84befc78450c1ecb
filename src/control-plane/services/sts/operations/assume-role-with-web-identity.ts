import { anonymousPrincipal } from '../../../../access/anonymous.js'
import { roleSession } from '../../../../access/role-assumption.js'
import { requireRoleForWebIdentity } from '../../../../access/web-identity-assumption.js'
import { type ClaimedSession, claimedSession } from '../../../../access/web-identity-tags.js'
import { verifyWebIdentity } from '../../../../access/web-identity.js'
import { everyViolation } from '../../../../smithy/every-violation.js'
import { inputOf } from '../../../../smithy/model.js'
import { refusalOf } from '../../query-refusals.js'
import { accountOfRole, durationOfSession, packedPercent } from '../role-sessions.js'
import { acceptSessionPolicies } from '../session-policies.js'
import { acceptSessionTags } from '../session-tags.js'
import type { Input, Operation } from '../sts-operation.js'
import { temporaryCredentials } from '../temporary-credentials.js'

/**
 * Temporary credentials with the permissions of a role, for a token of an OpenID Connect identity provider that the
 * configuration names. The call needs no signature.
 * https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html
 * @exact The refusals of malformed, expired and foreign tokens, of a wrong audience and of trust policies.
 * @inferred The order of the checks: token, role, duration. Every claim is a condition key, not only those that AWS
 * lists.
 * @notModelled OAuth 2.0 access tokens of Facebook and Login with Amazon (`ProviderId`).
 */
export const assumeRoleWithWebIdentity: Operation<'AssumeRoleWithWebIdentity'> = {
  async run(input, context) {
    const { RoleArn: roleArn, RoleSessionName: sessionName, WebIdentityToken: token } = input
    const { registry, request, clock } = context
    const account = accountOfRole(roleArn)
    const policies = acceptSessionPolicies(input)
    const identity = await verifyWebIdentity(token, { account, wall: clock.wall() }, context)
    const principal = anonymousPrincipal()
    const { sourceIdentity, ...tags } = acceptClaimed(claimedSession(identity.claims), input)
    const session = { principal, sessionName, policies, ...tags, sourceIdentity, request }
    const role = requireRoleForWebIdentity(
      { ...session, identity, roleArn, account, durationSeconds: input.DurationSeconds, region: registry.region },
      context,
    )
    const seconds = durationOfSession(input.DurationSeconds, role)
    const holder = roleSession(role, { ...session, federatedProvider: identity.provider.arn })
    const percent = packedPercent(holder, context)
    return {
      Credentials: temporaryCredentials(holder, seconds, context),
      SubjectFromWebIdentityToken: identity.subject,
      AssumedRoleUser: { AssumedRoleId: holder.userId, Arn: holder.arn },
      Provider: identity.provider.arn,
      Audience: identity.audience,
      ...(percent > 0 && { PackedPolicySize: percent }),
      ...(sourceIdentity !== undefined && { SourceIdentity: sourceIdentity }),
    }
  },
}

/**
 * The tags and source identity in the claims of a token, which are subject to the same limits as those that AssumeRole
 * takes. Throws ValidationError and InvalidParameterValue.
 */
function acceptClaimed(
  { tags, transitiveTagKeys, sourceIdentity }: ClaimedSession,
  { RoleArn, RoleSessionName }: Input<'AssumeRoleWithWebIdentity'>,
) {
  const claimed = { Tags: [...tags], TransitiveTagKeys: [...transitiveTagKeys] }
  const source = sourceIdentity !== undefined && { SourceIdentity: sourceIdentity }
  const violations = everyViolation(inputOf('AssumeRole'), { RoleArn, RoleSessionName, ...claimed, ...source })
  if (violations.length > 0) throw refusalOf(violations)
  return { ...acceptSessionTags(claimed, anonymousPrincipal()), sourceIdentity }
}
