import { actionMatches, parseActions } from './actions.js'
import { conditionHolds, parseConditions } from './conditions/condition.js'
import type { ApplicablePolicies, PolicyKind, PolicyVersion, Statement } from './policy.js'
import { isExcepted, parsePrincipals, reachOf } from './principals.js'
import type { AccessQuestion, RequestFacts } from './question.js'
import {
  type EitherElement,
  eitherOf,
  type LocatedValue,
  memberOf,
  describeValue,
  objectAt,
  optionalTextAt,
  refuseAt,
} from './reading.js'
import { parseResources, resourceMatches } from './resources.js'

const ELEMENTS = [
  ...['Sid', 'Effect', 'Principal', 'NotPrincipal'],
  ...['Action', 'NotAction', 'Resource', 'NotResource', 'Condition'],
]

/**
 * Reads one statement. Throws PolicyError.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_statement.html
 */
export function parseStatement(at: LocatedValue, index: number, version: PolicyVersion, kind: PolicyKind): Statement {
  const object = objectAt(at, ELEMENTS)
  const actions = eitherOf(object, 'Action', 'NotAction') ?? refuseAt(object, 'must have an Action or a NotAction')
  const effect = effectAt(memberOf(object, 'Effect'))
  const principals = principalsAllowed(object, kind, effect)
  const resources = resourcesAllowed(object, kind)
  return {
    sid: sidAt(memberOf(object, 'Sid'), kind),
    index,
    effect,
    source: object.value,
    actions: parseActions(actions),
    resources: resources && parseResources(resources, version),
    principals: principals && parsePrincipals(principals),
    conditions: parseConditions(memberOf(object, 'Condition'), version),
  }
}

/**
 * ECR's resource-based policies take any text as Sid; identity-based policies take letters and digits only.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_sid.html
 */
function sidAt(at: LocatedValue, kind: PolicyKind): string | undefined {
  const sid = optionalTextAt(at)
  if (kind !== 'identity' || sid === undefined || /^[a-z0-9]*$/i.test(sid)) return sid
  return refuseAt(at, `must be of letters and digits only, not ${sid}`)
}

function effectAt(at: LocatedValue): 'Allow' | 'Deny' {
  if (at.value === 'Allow' || at.value === 'Deny') return at.value
  return refuseAt(at, `must be Allow or Deny, not ${describeValue(at.value)}`)
}

/**
 * The principal of an identity-based policy is the identity it is attached to.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_notprincipal.html
 */
function principalsAllowed(
  object: LocatedValue<Statement['source']>,
  kind: PolicyKind,
  effect: Statement['effect'],
): EitherElement | undefined {
  const element = eitherOf(object, 'Principal', 'NotPrincipal')
  if (kind === 'identity') {
    return element && refuseAt(element.at, 'must not stand in the policy of an identity: the principal is the identity')
  }
  if (kind === 'trust' && element?.isNegated)
    refuseAt(element.at, 'must not stand in a trust policy: it has a Principal')
  if (element?.isNegated && effect === 'Allow') refuseAt(element.at, 'must be used with Deny: it cannot allow')
  return (
    element ?? refuseAt(object, kind === 'trust' ? 'must have a Principal' : 'must have a Principal or a NotPrincipal')
  )
}

/** The resource of a trust policy is its role; other resource-based policies may leave the element out. */
function resourcesAllowed(object: LocatedValue<Statement['source']>, kind: PolicyKind): EitherElement | undefined {
  const element = eitherOf(object, 'Resource', 'NotResource')
  if (kind === 'trust') {
    return element && refuseAt(element.at, 'must not stand in a trust policy: the resource is the role')
  }
  return element ?? (kind === 'identity' ? refuseAt(object, 'must have a Resource or a NotResource') : undefined)
}

/** Works out once what every statement needs of a request. */
export const requestFacts = (question: AccessQuestion, { boundary = [] }: ApplicablePolicies): RequestFacts => ({
  question,
  action: question.action.toLowerCase(),
  hasBoundary: boundary.length > 0,
})

/** Whether a statement matches the request: every element must. */
export function statementMatches(statement: Statement, facts: RequestFacts): boolean {
  const { actions, effect, resources, conditions } = statement
  const { question } = facts
  if (!actionMatches(actions, facts)) return false
  if (!principalMatches(statement, facts)) return false
  if (resources && !resourceMatches(resources, question, effect)) return false
  for (const condition of conditions) if (!conditionHolds(condition, question.conditions)) return false
  return true
}

/**
 * Whether a statement applies to the caller. A Deny with NotPrincipal applies to every caller that has a permissions
 * boundary, even a named one.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_notprincipal.html
 */
export function principalMatches({ principals }: Statement, { question, hasBoundary }: RequestFacts): boolean {
  if (!principals) return true
  if (!principals.isNegated) return reachOf(principals, question.principal) !== undefined
  return hasBoundary || !isExcepted(principals, question.principal)
}
