import type { UpstreamFailure } from '../ports/upstream.js'

/**
 * A pull's sentence where an upstream refuses the credentials of the rule, or to show a repository to them. Captured:
 * https://github.com/aws/containers-roadmap/issues/2354
 */
const ACCESS_DENIED =
  'The authentication to the upstream registry failed. Verify that the credentials provided in the pull through cache rule are correct, and try again.'

/**
 * Why an upstream did not give what was wanted, as callers read it: in ECR's words where they are public, else what the
 * upstream client says. The log and the event of a refused pull have the client's sentence in any case.
 */
export const upstreamFailureReason = ({ kind, message }: Pick<UpstreamFailure, 'kind' | 'message'>): string =>
  kind === 'access-denied' ? ACCESS_DENIED : message
