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
   * Set where the resource-based policy is the trust policy of a role: it must allow also principals of its own
   * account, and an account as principal only hands the decision to that account's identity policies.
   * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic_policy-eval-basics.html
   */
  readonly accountDelegates?: boolean
  /** Set where the service lets a resource-based policy allow this; explanations then name it as another way. */
  readonly resourcePolicyMayAllow?: boolean
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

/** Values of condition keys by key in lower case; a key without a value is absent, and so is one with an empty list. */
export type ConditionValues = Readonly<Record<string, string | readonly string[] | undefined>>

/**
 * The value of a condition key. Policies may ask for any name, so for `constructor` and the like too, which objects have
 * without having been given them.
 */
export const conditionValue = (values: ConditionValues, key: string): ConditionValues[string] =>
  Object.hasOwn(values, key) ? values[key] : undefined

/** A question with what every statement would otherwise work out anew. */
export interface Asked {
  readonly question: AccessQuestion
  /** The action in lower case. */
  readonly action: string
  /** Whether the caller has a permissions boundary, which NotPrincipal in a denial does not forgive. */
  readonly hasBoundary: boolean
}
