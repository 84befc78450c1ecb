import type { ActionElement } from './actions.js'
import type { Condition } from './conditions/condition.js'
import type { PolicyVersion } from './policy-version.js'
import type { PrincipalElement } from './principals.js'
import type { ResourceElement } from './resources.js'

export type { PolicyVersion } from './policy-version.js'
export { conditionValue } from './question.js'
export type { AccessQuestion, ConditionValues, QuestionPrincipal } from './question.js'

/** A compiled policy: what evaluation needs, and the source that explanations quote. */
export interface Policy {
  readonly version: PolicyVersion
  readonly statements: readonly Statement[]
  /** The condition keys it uses, also in policy variables, in lower case. Other keys need not be looked up. */
  readonly conditionKeys: ReadonlySet<string>
}

/** How a policy is used, which decides the elements its statements must and must not have. */
export type PolicyKind = 'identity' | 'resource' | 'trust'

/** A policy with the name that explanations use for it. */
export interface AttachedPolicy {
  readonly name: string
  readonly policy: Policy
}

/**
 * Every policy that applies. A boundary, session policy or service control policy that is absent, or an empty list,
 * allows everything.
 */
export interface ApplicablePolicies {
  readonly identity: readonly AttachedPolicy[]
  readonly resource: readonly AttachedPolicy[]
  readonly boundary?: readonly AttachedPolicy[]
  readonly session?: readonly AttachedPolicy[]
  readonly serviceControl?: readonly AttachedPolicy[]
}

/** A policy type, by the name that AWS's access denied messages use. */
export type PolicyType =
  | 'service control policy'
  | 'resource-based policy'
  | 'identity-based policy'
  | 'permissions boundary'
  | 'session policy'

/**
 * The result of an evaluation. A denial names the policy type it is attributed to; `decidedBy` is the statement that
 * allowed or denied.
 */
export type Decision =
  | { readonly allowed: true; readonly decidedBy: DecidingStatement }
  | { readonly allowed: false; readonly type: PolicyType; readonly decidedBy?: DecidingStatement }

/** A statement that matched, with its policy. */
export interface DecidingStatement {
  readonly type: PolicyType
  readonly policy: string
  readonly statement: Statement
}

/** One compiled statement. An absent element matches everything. */
export interface Statement {
  readonly sid: string | undefined
  /** Its place in the policy, from 0. */
  readonly index: number
  readonly effect: 'Allow' | 'Deny'
  /** As it was written. */
  readonly source: Readonly<Record<string, unknown>>
  readonly actions: ActionElement
  readonly resources: ResourceElement | undefined
  readonly principals: PrincipalElement | undefined
  readonly conditions: readonly Condition[]
}
