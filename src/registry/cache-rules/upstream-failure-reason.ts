import type { UpstreamFailure } from '../ports/upstream.js'

/**
 * The message of a pull if the upstream refuses the rule's credentials, or denies them access to the repository. As
 * captured in
 * https://github.com/aws/containers-roadmap/issues/2354
 */
const ACCESS_DENIED =
  'The authentication to the upstream registry failed. Verify that the credentials provided in the pull through cache rule are correct, and try again.'

/**
 * The message that clients get if a request to an upstream failed: ECR's message if it is public, otherwise the one of
 * our upstream client. The log and the event of a failed pull always have the latter.
 */
export const upstreamFailureReason = ({ kind, message }: Pick<UpstreamFailure, 'kind' | 'message'>): string =>
  kind === 'access-denied' ? ACCESS_DENIED : message
