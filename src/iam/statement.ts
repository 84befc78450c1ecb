import { actionMatches, parseActions } from './actions.js'
import { conditionHolds, parseConditions } from './conditions/condition.js'
import type { ApplicablePolicies, PolicyKind, PolicyVersion, Statement } from './policy.js'
import { isExcepted, parsePrincipals, reachOf } from './principals.js'
import type { AccessQuestion, Asked } from './question.js'
import { type Either, eitherOf, type Located, memberOf, nameOf, objectAt, optionalTextAt, refuse } from './reading.js'
import { parseResources, resourceMatches } from './resources.js'

const ELEMENTS = [
  ...['Sid', 'Effect', 'Principal', 'NotPrincipal'],
  ...['Action', 'NotAction', 'Resource', 'NotResource', 'Condition'],
]

/**
 * Reads one statement. Throws PolicyError.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_statement.html
 */
export function parseStatement(at: Located, index: number, version: PolicyVersion, kind: PolicyKind): Statement {
  const object = objectAt(at, ELEMENTS)
  const actions = eitherOf(object, 'Action', 'NotAction') ?? refuse(object, 'must have an Action or a NotAction')
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
 * The policies of ECR take any text; those of identities, letters and digits only.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_sid.html
 */
function sidAt(at: Located, kind: PolicyKind): string | undefined {
  const sid = optionalTextAt(at)
  if (kind !== 'identity' || sid === undefined || /^[a-z0-9]*$/i.test(sid)) return sid
  return refuse(at, `must be of letters and digits only, not ${sid}`)
}

function effectAt(at: Located): 'Allow' | 'Deny' {
  if (at.value === 'Allow' || at.value === 'Deny') return at.value
  return refuse(at, `must be Allow or Deny, not ${nameOf(at.value)}`)
}

/**
 * An identity's policy speaks of whoever it is attached to.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_notprincipal.html
 */
function principalsAllowed(
  object: Located<Statement['source']>,
  kind: PolicyKind,
  effect: Statement['effect'],
): Either | undefined {
  const element = eitherOf(object, 'Principal', 'NotPrincipal')
  if (kind === 'identity') {
    return element && refuse(element.at, 'must not stand in the policy of an identity: the principal is the identity')
  }
  if (kind === 'trust' && element?.isNegated) refuse(element.at, 'must not stand in a trust policy: it has a Principal')
  if (element?.isNegated && effect === 'Allow') refuse(element.at, 'must be used with Deny: it cannot allow')
  return (
    element ?? refuse(object, kind === 'trust' ? 'must have a Principal' : 'must have a Principal or a NotPrincipal')
  )
}

/** A trust policy speaks of its role; any other policy of a resource may leave open which. */
function resourcesAllowed(object: Located<Statement['source']>, kind: PolicyKind): Either | undefined {
  const element = eitherOf(object, 'Resource', 'NotResource')
  if (kind === 'trust') {
    return element && refuse(element.at, 'must not stand in a trust policy: the resource is the role')
  }
  return element ?? (kind === 'identity' ? refuse(object, 'must have a Resource or a NotResource') : undefined)
}

/** Prepares a question for many statements. */
export const askedOf = (question: AccessQuestion, { boundary = [] }: ApplicablePolicies): Asked => ({
  question,
  action: question.action.toLowerCase(),
  hasBoundary: boundary.length > 0,
})

/** Whether a statement speaks of what is asked: every element must. */
export function statementMatches(statement: Statement, asked: Asked): boolean {
  const { actions, effect, resources, conditions } = statement
  const { question } = asked
  if (!actionMatches(actions, asked)) return false
  if (!principalMatches(statement, asked)) return false
  if (resources && !resourceMatches(resources, question, effect)) return false
  for (const condition of conditions) if (!conditionHolds(condition, question.conditions)) return false
  return true
}

/**
 * Whether a statement means the caller. A denial with NotPrincipal hits whoever has a permissions boundary, named or not.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_notprincipal.html
 */
export function principalMatches({ principals }: Statement, { question, hasBoundary }: Asked): boolean {
  if (!principals) return true
  if (!principals.isNegated) return reachOf(principals, question.principal) !== undefined
  return hasBoundary || !isExcepted(principals, question.principal)
}
