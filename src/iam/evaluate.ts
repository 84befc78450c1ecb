import { firstMatch, grantsOf, grantThatDecides, missingPolicyTypes } from './grants.js'
import type { AccessQuestion, ApplicablePolicies, AttachedPolicy, Decision, PolicyType } from './policy.js'
import { requestFacts } from './statement.js'

/**
 * Decides one request. An explicit deny in any policy wins; otherwise every policy type that has to allow the request
 * must do so.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
 */
export function evaluate(question: AccessQuestion, policies: ApplicablePolicies): Decision {
  const facts = requestFacts(question, policies)
  for (const [type, attached] of byType(policies)) {
    const denial = firstMatch(facts, type, attached, 'Deny')
    if (denial) return { allowed: false, type, decidedBy: denial }
  }
  const grants = grantsOf(facts, policies)
  const [type] = missingPolicyTypes(question, grants)
  const decidedBy = grantThatDecides(question, grants)
  if (type === undefined && decidedBy) return { allowed: true, decidedBy }
  return { allowed: false, type: type ?? 'identity-based policy' }
}

const NONE: readonly AttachedPolicy[] = []

/** The policies by type, in the order in which a denial is attributed to one of them. */
export const byType = (policies: ApplicablePolicies): readonly (readonly [PolicyType, readonly AttachedPolicy[]])[] => [
  ['service control policy', policies.serviceControl ?? NONE],
  ['resource-based policy', policies.resource],
  ['identity-based policy', policies.identity],
  ['permissions boundary', policies.boundary ?? NONE],
  ['session policy', policies.session ?? NONE],
]
