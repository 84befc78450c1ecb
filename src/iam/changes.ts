import { actionMatches } from './actions.js'
import { byType } from './evaluate.js'
import { failuresOf } from './failures.js'
import { grantsOf, isAcrossAccounts, missingPolicyTypes } from './grants.js'
import type { AccessQuestion, ApplicablePolicies, AttachedPolicy, PolicyType, Statement } from './policy.js'
import type { RequestFacts } from './question.js'
import { requestFacts, statementMatches } from './statement.js'

/**
 * Every change it takes for a denied request to be allowed, as sentences: the Deny statements to remove, the policy
 * types that must allow it, and after each of these the Allow statements that fail in one element only.
 */
export function changesNeeded(question: AccessQuestion, policies: ApplicablePolicies): string[] {
  const facts = requestFacts(question, policies)
  const applicable = byType(policies)
  const denials = applicable.flatMap(([, attached]) => denialsIn(attached, facts))
  const missing = policyTypesToAdd(question, policies).flatMap((type) => [
    permissionToAdd(type, question),
    ...applicable.flatMap(([its, attached]) => (its === type ? almostAllowing(attached, facts) : [])),
  ])
  return [...denials, ...missing]
}

/** The policy types that must allow the request and do not. */
export const policyTypesToAdd = (question: AccessQuestion, policies: ApplicablePolicies): PolicyType[] =>
  missingPolicyTypes(question, grantsOf(requestFacts(question, policies), policies))

const denialsIn = (attached: readonly AttachedPolicy[], facts: RequestFacts) =>
  statementsOf(attached, 'Deny')
    .filter(({ statement }) => statementMatches(statement, facts))
    .map(({ name, statement }) => `Remove or narrow ${statementName(statement, name)}`)

function permissionToAdd(type: PolicyType, question: AccessQuestion): string {
  const { principal, action, resource } = question
  const identity = principal.roleArn ?? principal.arn
  switch (type) {
    case 'identity-based policy':
      return (
        `Add to an identity-based policy of ${identity} a statement that allows ${action} on ${resource}` +
        (isEitherEnough(question)
          ? `, or to a resource-based policy of ${resource} one that allows it to ${identity}`
          : '')
      )
    case 'resource-based policy':
      return `Add to a resource-based policy of ${resource} a statement that allows ${action} to ${principal.arn}`
    case 'service control policy':
      return `Allow ${action} on ${resource} in a service control policy of account ${principal.account}`
    case 'permissions boundary':
      return `Allow ${action} on ${resource} in the permissions boundary of ${identity}`
    case 'session policy':
      return `Allow ${action} on ${resource} in the session policy of ${principal.arn}`
  }
}

/** Within one account an identity-based or a resource-based policy is enough. */
const isEitherEnough = (question: AccessQuestion) =>
  question.resourcePolicyMayAllow === true && !isAcrossAccounts(question)

/** Allow statements that match the action and fail in another element. */
const almostAllowing = (attached: readonly AttachedPolicy[], facts: RequestFacts) =>
  statementsOf(attached, 'Allow')
    .filter(({ statement }) => actionMatches(statement.actions, facts) && !statementMatches(statement, facts))
    .map(
      ({ name, statement }) =>
        `Or change ${statementName(statement, name)}, which would allow it but for this: ${failuresOf(statement, facts).join('; ')}`,
    )

const statementsOf = (attached: readonly AttachedPolicy[], effect: Statement['effect']) =>
  attached.flatMap(({ name, policy }) =>
    policy.statements.filter((statement) => statement.effect === effect).map((statement) => ({ name, statement })),
  )

/** A statement as people refer to it, counted from one. */
const statementName = ({ effect, index, sid }: Statement, policy: string) =>
  `the ${effect} statement ${index + 1}${sid === undefined ? '' : ` (Sid ${sid})`} of ${policy}`
