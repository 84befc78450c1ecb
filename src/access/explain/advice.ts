import { policyTypesToAdd } from '../../iam/changes.js'
import type { AccessQuestion, ApplicablePolicies, PolicyType } from '../../iam/policy.js'

/** A statement that would allow the denied request, ready to be put into a policy. */
export interface StatementToAdd {
  /** The policy to put it into: its type and owner. */
  readonly to: string
  readonly statement: Readonly<Record<string, unknown>>
}

/**
 * The statements that would allow a denied request, one for each policy type that must allow it and does not. Explicit
 * denies still win over them. Within one account either side is enough; then the statement is for the identity-based
 * policy.
 */
export const statementsToAdd = (question: AccessQuestion, policies: ApplicablePolicies): StatementToAdd[] =>
  policyTypesToAdd(question, policies).map((type) => ({
    to: ownerOf(type, question),
    statement: statementFor(type, question),
  }))

function statementFor(type: PolicyType, { action, resource, principal }: AccessQuestion): StatementToAdd['statement'] {
  if (type !== 'resource-based policy') return { Effect: 'Allow', Action: action, Resource: resource }
  const { roleArn, arn, federated } = principal
  const Principal = federated === undefined ? { AWS: roleArn ?? arn } : { Federated: federated }
  const allowed = { Effect: 'Allow', Principal, Action: action }
  return isOnRepository(action) ? allowed : { ...allowed, ...(!action.startsWith('sts:') && { Resource: resource }) }
}

/**
 * Whether a repository policy, whose statements have no Resource, can allow the action. Otherwise it takes the registry
 * policy.
 */
const isOnRepository = (action: string) => action.startsWith('ecr:') && action !== 'ecr:CreateRepository'

function ownerOf(type: PolicyType, { action, resource, principal }: AccessQuestion): string {
  const identity = principal.roleArn ?? principal.arn
  switch (type) {
    case 'identity-based policy':
      return `a policy of ${identity}`
    case 'permissions boundary':
      return `the permissions boundary of ${identity}`
    case 'session policy':
      return `the session policy of ${principal.arn}`
    case 'service control policy':
      return `a service control policy of account ${principal.account}`
    case 'resource-based policy':
      if (action.startsWith('sts:')) return `the trust policy of ${resource}`
      return isOnRepository(action) ? `the repository policy of ${resource}` : 'the registry policy'
  }
}
