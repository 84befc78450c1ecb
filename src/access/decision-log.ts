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

/** How much is remembered: so many requests, fewer where they took very many decisions each, which cost memory. */
export interface DecisionLogLimits {
  readonly requests: number
  readonly decisions: number
}

/** What is remembered unless said otherwise. */
export const decisionLogLimits: DecisionLogLimits = { requests: 10_000, decisions: 100_000 }

interface Entry {
  readonly requestId: string
  readonly decisions: MadeDecision[]
  end?: RequestEnd
}

/** A ring of the last requests. Written to on every request of both planes: neither end of it is searched for. */
export function decisionLog({ requests, decisions }: DecisionLogLimits = decisionLogLimits): DecisionLog {
  const known = new Map<string, Entry>()
  const ring: (Entry | undefined)[] = []
  /** Counts of entries ever made and ever dropped; their remainders are places in the ring. */
  let [made, dropped, decisionsKept] = [0, 0, 0]

  function entryOf(requestId: string): Entry {
    const before = known.get(requestId)
    if (before) return before
    if (made - dropped === requests) dropOldest()
    const entry: Entry = { requestId, decisions: [] }
    known.set(requestId, entry)
    ring[made++ % requests] = entry
    return entry
  }

  function dropOldest(): void {
    const place = dropped++ % requests
    const entry = ring[place]
    ring[place] = undefined
    if (!entry) return
    known.delete(entry.requestId)
    decisionsKept -= entry.decisions.length
  }

  return {
    decided(requestId, decision) {
      entryOf(requestId).decisions.push(decision)
      decisionsKept++
      while (decisionsKept > decisions && made - dropped > 1) dropOldest()
    },
    ended: (requestId, end) => void (entryOf(requestId).end = end),
    find: (requestId) => known.get(requestId),
    latestRefused(limit) {
      const found: Entry[] = []
      for (let n = made - 1; n >= dropped && found.length < limit; n--) {
        const entry = ring[n % requests]
        if (entry?.end?.refusal) found.push(entry)
      }
      return found
    },
  }
}
