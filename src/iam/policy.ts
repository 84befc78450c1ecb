import type { ActionElement } from './actions.js'
import type { Condition } from './conditions/condition.js'
import type { PolicyVersion } from './policy-version.js'
import type { PrincipalElement } from './principals.js'
import type { ResourceElement } from './resources.js'

export type { PolicyVersion } from './policy-version.js'
export { conditionValue } from './question.js'
export type { AccessQuestion, ConditionValues, QuestionPrincipal } from './question.js'

/** A policy that was parsed once: what it takes to decide quickly, and what it takes to explain. */
export interface Policy {
  readonly version: PolicyVersion
  readonly statements: readonly Statement[]
  /** Condition keys it looks at, also in variables, in lower case: what nobody asks for need not be looked up. */
  readonly conditionKeys: ReadonlySet<string>
}

/** Where a policy is used decides what its statements must and must not say. */
export type PolicyKind = 'identity' | 'resource' | 'trust'

/** A policy under the name that tells people which one it is. */
export interface AttachedPolicy {
  readonly name: string
  readonly policy: Policy
}

/** Every policy that applies. Filters that are absent, or lists of none, filter nothing. */
export interface ApplicablePolicies {
  readonly identity: readonly AttachedPolicy[]
  readonly resource: readonly AttachedPolicy[]
  readonly boundary?: readonly AttachedPolicy[]
  readonly session?: readonly AttachedPolicy[]
  readonly serviceControl?: readonly AttachedPolicy[]
}

/** A kind of policy, as the sentences of AWS's denials name it. */
export type PolicyType =
  | 'service control policy'
  | 'resource-based policy'
  | 'identity-based policy'
  | 'permissions boundary'
  | 'session policy'

/** The answer. A no says which kind of policy it is for; `decidedBy` is the statement that allowed or denied. */
export type Decision =
  | { readonly allowed: true; readonly decidedBy: DecidingStatement }
  | { readonly allowed: false; readonly type: PolicyType; readonly decidedBy?: DecidingStatement }

/** A statement that matched, and where it stands. */
export interface DecidingStatement {
  readonly type: PolicyType
  readonly policy: string
  readonly statement: Statement
}

/** One statement, compiled. What is absent matches everything. */
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
