import type { Role } from '../../../access/identities.js'
import { issueSession } from '../../../access/session-credentials.js'
import { ServiceException } from '../../../registry/errors.js'
import type { Principal } from '../../../registry/principal.js'
import type { Context } from '../context.js'
import { validationError } from '../query-refusals.js'

/** The duration of a session that asks for none, if its role allows as much. */
export const DEFAULT_SESSION_SECONDS = 3600

/** The account of a role. Throws ValidationError for a text that is not the ARN of a role. */
export function accountOfRole(roleArn: string): string {
  const [, account] = /^arn:[a-z-]+:iam::(\d{12}):role\/./.exec(roleArn) ?? []
  if (account === undefined) throw validationError('Request ARN is invalid')
  return account
}

/**
 * The duration of a role's session. Throws ValidationError for one that is longer than the role allows.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use.html#id_roles_use_view-role-max-session
 */
export function durationOfSession(seconds: number | undefined, { maxSessionDurationSeconds }: Role): number {
  if (seconds === undefined) return Math.min(DEFAULT_SESSION_SECONDS, maxSessionDurationSeconds)
  if (seconds > maxSessionDurationSeconds)
    throw validationError('The requested DurationSeconds exceeds the MaxSessionDuration set for this role.')
  return seconds
}

/**
 * The longest session token: clients send it in one header, and the control plane takes 16 KB of headers.
 * https://nodejs.org/docs/latest-v20.x/api/http.html#httpmaxheadersize
 */
const MAX_TOKEN_CHARACTERS = 9 * 1024

/** How many percent of the longest session token a session's policies and tags take. Throws PackedPolicyTooLarge. */
export function packedPercent(principal: Principal, { now, secret }: Pick<Context, 'now' | 'secret'>): number {
  const tokenLength = (holder: Principal) =>
    issueSession(holder, { expiresAt: now.getTime() }, '', secret).sessionToken.length
  const emptySession = { ...principal.session, policies: [], tags: {}, transitiveTagKeys: [] }
  const fixed = tokenLength({ ...principal, session: emptySession })
  const percent = Math.ceil(((tokenLength(principal) - fixed) / (MAX_TOKEN_CHARACTERS - fixed)) * 100)
  if (percent <= 100) return percent
  throw new ServiceException(
    'PackedPolicyTooLarge',
    `Packed policy consumes ${percent}% of allotted space, please use smaller policy.`,
  )
}
