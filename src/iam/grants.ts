import type { AccessQuestion, ApplicablePolicies, AttachedPolicy, DecidingStatement, PolicyType } from './policy.js'
import { type Reach, reachOf } from './principals.js'
import type { Asked } from './question.js'
import { statementMatches } from './statement.js'

/** What each kind of policy grants, denials apart. Filters that are not there grant. */
export interface Grants {
  readonly identity: DecidingStatement | undefined
  /** The statement that reaches the caller most closely. */
  readonly resource: ResourceGrant | undefined
  readonly boundary: boolean
  readonly session: boolean
  readonly serviceControl: boolean
}

interface ResourceGrant {
  readonly reach: Reach
  readonly statement: DecidingStatement
}

/** Looks for the statements that allow. */
export function grantsOf(asked: Asked, policies: ApplicablePolicies): Grants {
  const passes = (type: PolicyType, filter: readonly AttachedPolicy[] = []) =>
    filter.length === 0 || firstMatch(asked, type, filter, 'Allow') !== undefined
  return {
    identity: firstMatch(asked, 'identity-based policy', policies.identity, 'Allow'),
    resource: resourceGrant(asked, policies.resource),
    boundary: passes('permissions boundary', policies.boundary),
    session: passes('session policy', policies.session),
    serviceControl: passes('service control policy', policies.serviceControl),
  }
}

/** The first statement of this effect that speaks of what is asked. */
export function firstMatch(
  asked: Asked,
  type: PolicyType,
  policies: readonly AttachedPolicy[],
  effect: 'Allow' | 'Deny',
): DecidingStatement | undefined {
  for (const { name, policy } of policies) {
    for (const statement of policy.statements) {
      if (statement.effect === effect && statementMatches(statement, asked)) return { type, policy: name, statement }
    }
  }
  return undefined
}

function resourceGrant(asked: Asked, policies: readonly AttachedPolicy[]): ResourceGrant | undefined {
  let closest: ResourceGrant | undefined
  for (const { name, policy } of policies) {
    for (const statement of policy.statements) {
      if (statement.effect !== 'Allow' || !statementMatches(statement, asked)) continue
      const reach = statement.principals ? reachOf(statement.principals, asked.question.principal) : 'everyone'
      if (reach === undefined || (closest && CLOSENESS[closest.reach] >= CLOSENESS[reach])) continue
      closest = { reach, statement: { type: 'resource-based policy', policy: name, statement } }
    }
  }
  return closest
}

/** An account comes last: in a trust policy it only delegates. */
const CLOSENESS: Readonly<Record<Reach, number>> = { itself: 3, role: 2, everyone: 1, account: 0 }

/**
 * The kinds of policy that would have to allow and do not, in the order in which they are told; none of them: allowed.
 * In the account of the resource either side is enough, and whoever a resource-based policy names itself is subject to
 * service control policies only; between accounts both sides must allow.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic_policy-eval-denyallow.html
 */
export function lacking(question: AccessQuestion, grants: Grants): PolicyType[] {
  const types: PolicyType[] = grants.serviceControl ? [] : ['service control policy']
  const reach = grants.resource?.reach
  const isForeign = isAcrossAccounts(question)
  if (!isForeign && reach === 'itself') return types

  const isDelegated = question.accountDelegates === true && reach === 'account'
  const needsIdentity = isForeign || isDelegated || reach === undefined
  if (needsIdentity && !grants.identity) types.push('identity-based policy')
  if (!grants.boundary) types.push('permissions boundary')
  if (!grants.session) types.push('session policy')
  if (needsResourceGrant(question) && !grants.resource) types.push('resource-based policy')
  return types
}

/** Whether caller and resource belong to different accounts. */
export const isAcrossAccounts = ({ principal, resourceAccount }: AccessQuestion): boolean =>
  principal.account !== resourceAccount

/** Whether no identity-based policy is enough by itself. */
const needsResourceGrant = (question: AccessQuestion) =>
  isAcrossAccounts(question) || question.accountDelegates === true

/** The statement a yes is for: of the two sides the one that the other could not replace. */
export function grantThatDecides(question: AccessQuestion, grants: Grants): DecidingStatement | undefined {
  const { identity, resource, boundary, session } = grants
  if (identity && boundary && session && !needsResourceGrant(question)) return identity
  return resource?.statement
}
