import type { AccessQuestion, Decision, PolicyType } from '../iam/policy.js'
import { accessDenied, type ServiceException } from '../registry/errors.js'

/**
 * The access denied error in AWS's words: principal, action, resource and the policy type that denied.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html
 */
export function accessRefusal(
  { principal, action, resource }: AccessQuestion,
  { type, decidedBy }: Extract<Decision, { allowed: false }>,
): ServiceException {
  const reason = decidedBy
    ? `with an explicit deny in ${article(type)} ${type}`
    : `because no ${type} allows the ${action} action`
  return accessDenied(principal.arn, action, resource, reason)
}

const article = (type: PolicyType) => (type === 'identity-based policy' ? 'an' : 'a')
