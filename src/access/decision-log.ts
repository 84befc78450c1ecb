import type { AccessQuestion, ApplicablePolicies, Decision } from '../iam/policy.js'

/** One decision as it was made: question and policies are kept as they were, so that it can be explained later. */
export interface MadeDecision {
  readonly question: AccessQuestion
  readonly policies: ApplicablePolicies
  readonly decision: Decision
}

/** How a request ended. */
export interface RequestEnd {
  /** The emulator's time, epoch milliseconds. */
  readonly at: number
  readonly plane: 'control' | 'data'
  /** The API operation, or method and path. */
  readonly operation: string
  /** What it was refused with; absent where it was answered. */
  readonly refusal?: { readonly code: string; readonly message: string }
}

/** A request and what was decided about it. */
export interface DecidedRequest {
  readonly requestId: string
  readonly decisions: readonly MadeDecision[]
  readonly end?: RequestEnd
}

/** Remembers the last requests with their decisions, in memory: nothing is worked out before somebody asks why. */
export interface DecisionLog {
  decided(requestId: string, decision: MadeDecision): void
  ended(requestId: string, end: RequestEnd): void
  find(requestId: string): DecidedRequest | undefined
  /** The latest requests that ended in a refusal, newest first. */
  latestRefused(limit: number): DecidedRequest[]
}

const REMEMBERED_REQUESTS = 10_000

interface Entry {
  readonly requestId: string
  readonly decisions: MadeDecision[]
  end?: RequestEnd
}

/** A log of the last ten thousand requests. */
export function decisionLog(capacity = REMEMBERED_REQUESTS): DecisionLog {
  const entries = new Map<string, Entry>()

  function entryOf(requestId: string): Entry {
    const known = entries.get(requestId)
    if (known) return known
    const entry: Entry = { requestId, decisions: [] }
    entries.set(requestId, entry)
    const [oldest] = entries.size > capacity ? entries.keys() : []
    if (oldest !== undefined) entries.delete(oldest)
    return entry
  }

  return {
    decided: (requestId, decision) => void entryOf(requestId).decisions.push(decision),
    ended: (requestId, end) => void (entryOf(requestId).end = end),
    find: (requestId) => entries.get(requestId),
    latestRefused: (limit) => [...entries.values()].filter(({ end }) => end?.refusal).slice(-limit).reverse(),
  }
}
