/** One request to evaluate: may this principal perform this action on this resource? */
export interface AccessQuestion {
  readonly principal: QuestionPrincipal
  /** `ecr:BatchGetImage`; compared without regard to case. */
  readonly action: string
  /** An ARN, or `*` for actions without a resource. */
  readonly resource: string
  /** The account the resource belongs to: for a principal of another account both sides must allow. */
  readonly resourceAccount: string
  readonly conditions: ConditionValues
  /**
   * Set where the resource-based policy is the trust policy of a role. It must allow principals of its own account,
   * too, and an account as principal only delegates the decision to the identity-based policies of that account.
   * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic_policy-eval-basics.html
   */
  readonly accountDelegates?: boolean
  /** Set where the service supports resource-based policies for this action; explanations then suggest one, too. */
  readonly resourcePolicyMayAllow?: boolean
}

/** The caller, by all the names a Principal element may use. */
export interface QuestionPrincipal {
  readonly arn: string
  readonly account: string
  /** Set for a role's session, which policies may name by its role too. */
  readonly roleArn?: string
  /** Set for a call that an AWS service makes, `ecr.amazonaws.com`. */
  readonly service?: string
  /** Set for an identity that shows a token of an identity provider: the ARN of the provider. */
  readonly federated?: string
}

/** Values of condition keys by key in lower case. A key without a value, or with an empty list, counts as absent. */
export type ConditionValues = Readonly<Record<string, string | readonly string[] | undefined>>

/**
 * The value of a condition key. A policy may name any key, also `constructor` and other properties every object
 * inherits.
 */
export const conditionValue = (values: ConditionValues, key: string): ConditionValues[string] =>
  Object.hasOwn(values, key) ? values[key] : undefined

/** A request with the facts that every statement needs, worked out once. */
export interface RequestFacts {
  readonly question: AccessQuestion
  /** The action in lower case. */
  readonly action: string
  /** Whether the caller has a permissions boundary: then NotPrincipal exempts it from no denial. */
  readonly hasBoundary: boolean
}
