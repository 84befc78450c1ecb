/** Why a request was answered or refused, in the form tools read it. */
export interface ExplainedRequest {
  readonly requestId: string
  /** ISO 8601; this and the next two are absent while the request is in hand. */
  readonly at?: string
  readonly plane?: 'control' | 'data'
  /** The API operation, or method and path. */
  readonly operation?: string
  readonly outcome: 'answered' | 'in hand' | { readonly code: string; readonly message: string }
  /** What the refusal is for, where its own words do not say; the client did not get this. */
  readonly hint?: string
  /** In the order they were made; none where the request was refused before anything was asked. */
  readonly decisions: readonly ExplainedDecision[]
  /** How many more were made than are remembered, yeses before noes; absent where these are all. */
  readonly decisionsLeftOut?: number
}

/** One question to the policies and its answer. */
export interface ExplainedDecision {
  readonly action: string
  readonly resource: string
  /** The ARN of who asked. */
  readonly principal: string
  readonly allowed: boolean
  /** The kind of policy a no is for. */
  readonly type?: string
  /** The statement that allowed or denied; absent where it was a lack of one. */
  readonly decidedBy?: StatementPlace
  readonly considered: readonly ConsideredStatement[]
  /** The condition keys the policies look at, in lower case, with the values of this request; null where it had none. */
  readonly conditions: Readonly<Record<string, string | readonly string[] | null>>
  /** For a no, what would make it a yes; sentences. */
  readonly wouldChange: readonly string[]
  /** For a no that a lack of permission caused, statements that would give it. */
  readonly statementsToAdd: readonly { readonly to: string; readonly statement: object }[]
  /** What in the policies that were looked at is hardly meant; sentences. */
  readonly warnings: readonly string[]
}

/** Where a statement stands. */
export interface StatementPlace {
  /** The kind of policy. */
  readonly type: string
  readonly policy: string
  readonly sid?: string
  /** From 0. */
  readonly index: number
}

/** A statement and what came of it. */
export interface ConsideredStatement extends StatementPlace {
  readonly effect: 'Allow' | 'Deny'
  readonly matched: boolean
  readonly decided: boolean
  /** Why it did not match; sentences. */
  readonly because: readonly string[]
  /** The statement as it was written. */
  readonly source: object
}

/** A request that was refused, as a line of a list. */
export interface RefusedRequest {
  readonly requestId: string
  /** ISO 8601. */
  readonly at: string
  readonly plane: 'control' | 'data'
  readonly operation: string
  readonly code: string
  readonly message: string
  /** What it was refused for, where the message does not say. */
  readonly hint?: string
}

/**
 * Where a plane's decisions can be asked for. Between two processes it is a request that only the control plane can
 * sign; then both methods throw ServerException where the data plane does not answer.
 */
export interface DecisionSource {
  find(requestId: string): Promise<ExplainedRequest | undefined>
  /** Newest first. */
  latestRefused(limit: number): Promise<RefusedRequest[]>
}

/** Where a data plane tells its decisions to a control plane in another process. */
export const decisionsEndpoint = { path: '/_decisions' } as const
