/** Why a request succeeded or was refused, in the form in which the admin API returns it. */
export interface ExplainedRequest {
  readonly requestId: string
  /** ISO 8601. This and the next two are absent while the request is in progress. */
  readonly at?: string
  readonly plane?: 'control' | 'data'
  /** The API operation, or the method and path. */
  readonly operation?: string
  readonly outcome: 'answered' | 'in hand' | { readonly code: string; readonly message: string }
  /** The reason of the error if its message does not contain it. It was not sent to the client. */
  readonly hint?: string
  /** In the order in which they were made. Empty if the request was refused before any decision. */
  readonly decisions: readonly ExplainedDecision[]
  /** How many decisions were made but not retained: allowed ones are dropped first. Absent if none were dropped. */
  readonly decisionsLeftOut?: number
}

/** A decision on an action and a resource. */
export interface ExplainedDecision {
  readonly action: string
  readonly resource: string
  /** The ARN of the caller. */
  readonly principal: string
  readonly allowed: boolean
  /** For a denial, the type of policy that caused it. */
  readonly type?: string
  /** The statement that allowed or denied. Absent for an implicit denial. */
  readonly decidedBy?: StatementPlace
  readonly considered: readonly ConsideredStatement[]
  /** The condition keys in the policies, in lower case, with the values of this request; null if it has none. */
  readonly conditions: Readonly<Record<string, string | readonly string[] | null>>
  /** For a denial, sentences that say what would allow it. */
  readonly wouldChange: readonly string[]
  /** For an implicit denial, statements that would allow it. */
  readonly statementsToAdd: readonly { readonly to: string; readonly statement: object }[]
  /** Sentences about probable mistakes in the policies that were evaluated. */
  readonly warnings: readonly string[]
}

/** The position of a statement. */
export interface StatementPlace {
  /** The type of policy. */
  readonly type: string
  readonly policy: string
  readonly sid?: string
  /** Counting from 0. */
  readonly index: number
}

/** A statement that was evaluated, with the result. */
export interface ConsideredStatement extends StatementPlace {
  readonly effect: 'Allow' | 'Deny'
  readonly matched: boolean
  readonly decided: boolean
  /** Sentences that say why it did not match. */
  readonly because: readonly string[]
  /** The statement in its original form. */
  readonly source: object
}

/** A refused request, as an item of a list. */
export interface RefusedRequest {
  readonly requestId: string
  /** ISO 8601. */
  readonly at: string
  readonly plane: 'control' | 'data'
  readonly operation: string
  readonly code: string
  readonly message: string
  /** The reason of the error if the message does not contain it. */
  readonly hint?: string
}

/**
 * The decisions of a plane. If the data plane runs in another process, they are requested with a signature that only
 * the control plane can make, and both methods throw ServerException if the data plane does not answer.
 */
export interface DecisionSource {
  find(requestId: string): Promise<ExplainedRequest | undefined>
  /** Newest first. */
  latestRefused(limit: number): Promise<RefusedRequest[]>
}

/** The endpoint of a data plane that returns its decisions to a control plane in another process. */
export const decisionsEndpoint = { path: '/_decisions' } as const
