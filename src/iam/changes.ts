import { actionMatches } from './actions.js'
import { byType } from './evaluate.js'
import { failuresOf } from './failures.js'
import { grantsOf, isAcrossAccounts, lacking } from './grants.js'
import type { AccessQuestion, ApplicablePolicies, AttachedPolicy, PolicyType, Statement } from './policy.js'
import type { Asked } from './question.js'
import { askedOf, statementMatches } from './statement.js'

/**
 * What would have to change for a no to become a yes, all of it: the denials that would have to go, what would have to
 * allow, and after each of these the statements that nearly do.
 */
export function changesNeeded(question: AccessQuestion, policies: ApplicablePolicies): string[] {
  const asked = askedOf(question, policies)
  const applicable = byType(policies)
  const denials = applicable.flatMap(([, attached]) => denialsIn(attached, asked))
  const missing = lackingTypes(question, policies).flatMap((type) => [
    permissionToAdd(type, question),
    ...applicable.flatMap(([its, attached]) => (its === type ? nearlyAllowing(attached, asked) : [])),
  ])
  return [...denials, ...missing]
}

/** The kinds of policy that would have to allow and do not. */
export const lackingTypes = (question: AccessQuestion, policies: ApplicablePolicies): PolicyType[] =>
  lacking(question, grantsOf(askedOf(question, policies), policies))

const denialsIn = (attached: readonly AttachedPolicy[], asked: Asked) =>
  statementsOf(attached, 'Deny')
    .filter(({ statement }) => statementMatches(statement, asked))
    .map(({ name, statement }) => `Remove or narrow ${called(statement, name)}`)

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

/** In the account of the resource one side is enough. */
const isEitherEnough = (question: AccessQuestion) =>
  question.resourcePolicyMayAllow === true && !isAcrossAccounts(question)

/** Statements that allow the action, were it not for another element. */
const nearlyAllowing = (attached: readonly AttachedPolicy[], asked: Asked) =>
  statementsOf(attached, 'Allow')
    .filter(({ statement }) => actionMatches(statement.actions, asked) && !statementMatches(statement, asked))
    .map(
      ({ name, statement }) =>
        `Or change ${called(statement, name)}, which would allow it but for this: ${failuresOf(statement, asked).join('; ')}`,
    )

const statementsOf = (attached: readonly AttachedPolicy[], effect: Statement['effect']) =>
  attached.flatMap(({ name, policy }) =>
    policy.statements.filter((statement) => statement.effect === effect).map((statement) => ({ name, statement })),
  )

/** People count from one. */
const called = ({ effect, index, sid }: Statement, policy: string) =>
  `the ${effect} statement ${index + 1}${sid === undefined ? '' : ` (Sid ${sid})`} of ${policy}`
