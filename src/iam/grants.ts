import type { AccessQuestion, ApplicablePolicies, AttachedPolicy, DecidingStatement, PolicyType } from './policy.js'
import { type Reach, reachOf } from './principals.js'
import type { RequestFacts } from './question.js'
import { statementMatches } from './statement.js'

/** The allow each policy type gives, before denies. A boundary or session policy that is absent allows everything. */
export interface Grants {
  readonly identity: DecidingStatement | undefined
  /** The statement that names the caller most specifically. */
  readonly resource: ResourceGrant | undefined
  readonly boundary: boolean
  readonly session: boolean
  readonly serviceControl: boolean
}

interface ResourceGrant {
  readonly reach: Reach
  readonly statement: DecidingStatement
}

/** Finds the statements that allow the request. */
export function grantsOf(facts: RequestFacts, policies: ApplicablePolicies): Grants {
  const passes = (type: PolicyType, filter: readonly AttachedPolicy[] = []) =>
    filter.length === 0 || firstMatch(facts, type, filter, 'Allow') !== undefined
  return {
    identity: firstMatch(facts, 'identity-based policy', policies.identity, 'Allow'),
    resource: resourceGrant(facts, policies.resource),
    boundary: passes('permissions boundary', policies.boundary),
    session: passes('session policy', policies.session),
    serviceControl: passes('service control policy', policies.serviceControl),
  }
}

/** The first statement of this effect that matches the request. */
export function firstMatch(
  facts: RequestFacts,
  type: PolicyType,
  policies: readonly AttachedPolicy[],
  effect: 'Allow' | 'Deny',
): DecidingStatement | undefined {
  for (const { name, policy } of policies) {
    for (const statement of policy.statements) {
      if (statement.effect === effect && statementMatches(statement, facts)) return { type, policy: name, statement }
    }
  }
  return undefined
}

function resourceGrant(facts: RequestFacts, policies: readonly AttachedPolicy[]): ResourceGrant | undefined {
  let closest: ResourceGrant | undefined
  for (const { name, policy } of policies) {
    for (const statement of policy.statements) {
      if (statement.effect !== 'Allow' || !statementMatches(statement, facts)) continue
      const reach = statement.principals ? reachOf(statement.principals, facts.question.principal) : 'everyone'
      if (reach === undefined || (closest && CLOSENESS[closest.reach] >= CLOSENESS[reach])) continue
      closest = { reach, statement: { type: 'resource-based policy', policy: name, statement } }
    }
  }
  return closest
}

/** An account is the least specific: in a trust policy it only delegates the decision. */
const CLOSENESS: Readonly<Record<Reach, number>> = { itself: 3, role: 2, everyone: 1, account: 0 }

/**
 * The policy types that must allow the request and do not, in the order in which a denial names them. An empty list
 * means allowed. Within one account an identity-based or a resource-based policy is enough, and a principal that a
 * resource-based policy names by its own ARN is subject to service control policies only. Between accounts both sides
 * must allow.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic_policy-eval-denyallow.html
 */
export function missingPolicyTypes(question: AccessQuestion, grants: Grants): PolicyType[] {
  const types: PolicyType[] = grants.serviceControl ? [] : ['service control policy']
  const reach = grants.resource?.reach
  const isForeign = isAcrossAccounts(question)
  if (!isForeign && reach === 'itself') return types

  const isDelegated = question.accountDelegates === true && reach === 'account'
  // An identity of an identity provider has no identity-based policies.
  const hasPolicies = question.principal.federated === undefined
  const needsIdentity = hasPolicies && (isForeign || isDelegated || reach === undefined)
  if (needsIdentity && !grants.identity) types.push('identity-based policy')
  if (!grants.boundary) types.push('permissions boundary')
  if (!grants.session) types.push('session policy')
  if (needsResourceGrant(question) && !grants.resource) types.push('resource-based policy')
  return types
}

/** Whether caller and resource belong to different accounts. */
export const isAcrossAccounts = ({ principal, resourceAccount }: AccessQuestion): boolean =>
  principal.account !== resourceAccount

/** Whether an identity-based policy alone is not enough. */
const needsResourceGrant = (question: AccessQuestion) =>
  isAcrossAccounts(question) || question.accountDelegates === true

/**
 * The statement to which an allowed request is attributed: the identity's, unless a resource-based policy was needed.
 */
export function grantThatDecides(question: AccessQuestion, grants: Grants): DecidingStatement | undefined {
  const { identity, resource, boundary, session } = grants
  if (identity && boundary && session && !needsResourceGrant(question)) return identity
  return resource?.statement
}
