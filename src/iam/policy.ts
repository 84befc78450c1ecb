/** A policy that was parsed once: what it takes to decide quickly, and what it takes to explain. */
export interface Policy {
  readonly version: PolicyVersion
  readonly statements: readonly Statement[]
  /** Condition keys it looks at, also in variables, in lower case: what nobody asks for need not be looked up. */
  readonly conditionKeys: ReadonlySet<string>
}

/** Only the newer version knows policy variables. */
export type PolicyVersion = '2008-10-17' | '2012-10-17'

/** Where a policy is used decides what its statements must and must not say. */
export type PolicyKind = 'identity' | 'resource' | 'trust'

/** A policy under the name that tells people which one it is. */
export interface AttachedPolicy {
  readonly name: string
  readonly policy: Policy
}

/** One question: may this principal do this to that? */
export interface AccessQuestion {
  readonly principal: QuestionPrincipal
  /** `ecr:BatchGetImage`; actions compare without regard to case. */
  readonly action: string
  /** An ARN, or `*` for actions without a resource. */
  readonly resource: string
  /** The account the resource belongs to: for a principal of another account both sides must allow. */
  readonly resourceAccount: string
  readonly conditions: ConditionValues
  /**
   * Whether an account as principal of a resource-based policy only hands the decision to that account's identity
   * policies, as in the trust policy of a role, rather than allowing all its principals.
   */
  readonly accountDelegates?: boolean
}

/** Who asks, as the Principal element of policies may name them. */
export interface QuestionPrincipal {
  readonly arn: string
  readonly account: string
  /** Set for a role's session, which policies may name by its role too. */
  readonly roleArn?: string
  /** Set for a call that an AWS service makes, `ecr.amazonaws.com`. */
  readonly service?: string
}

/** Values of condition keys by key in lower case; a key without a value is absent. */
export type ConditionValues = Readonly<Record<string, string | readonly string[] | undefined>>

/** Every policy that applies. Filters that are absent filter nothing. */
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
  // The compiled matchers are the library's own matter.
}
