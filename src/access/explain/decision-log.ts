import type { AccessQuestion, ApplicablePolicies, Decision } from '../../iam/policy.js'

/** One decision with the question and the policies of that moment, so that it can be explained later. */
export interface RecordedDecision {
  readonly question: AccessQuestion
  readonly policies: ApplicablePolicies
  readonly decision: Decision
  /** A sentence on what it would take besides policies for the request to be allowed. */
  readonly alsoNeeded?: string
}

/** How a request ended. */
export interface RequestEnd {
  /** The emulator's time, epoch milliseconds. */
  readonly at: number
  readonly plane: 'control' | 'data'
  /** The API operation, or method and path. */
  readonly operation: string
  /** The error it was refused with; absent where it succeeded. */
  readonly refusal?: { readonly code: string; readonly message: string }
  /** Whether the refusal is the challenge to a request without credentials, which every client sends first. */
  readonly isChallenge?: boolean
  /** Whether it is a pull that failed for a reason that the client cannot see. */
  readonly isFailedPull?: boolean
  /** The cause of the refusal in words that the client does not get. */
  readonly hint?: string
}

/** A request with its decisions. */
export interface DecidedRequest {
  readonly requestId: string
  /** In order. If there are more than the limit, denials are kept rather than allows. */
  readonly decisions: readonly RecordedDecision[]
  /** How many decisions were dropped; absent where none was. */
  readonly leftOut?: number
  readonly end?: RequestEnd
}

/**
 * Keeps the latest requests with their decisions in memory. Explanations are worked out only when they are requested.
 */
export interface DecisionLog {
  decided(requestId: string, decision: RecordedDecision): void
  ended(requestId: string, end: RequestEnd): void
  find(requestId: string): DecidedRequest | undefined
  /**
   * The latest requests that were refused by a policy or for their credentials, and the pulls that failed, newest
   * first. Other refusals (not found, invalid) are left out, and so is a request that succeeded in spite of a denial.
   */
  latestRefused(limit: number): DecidedRequest[]
}

/** How many requests are kept, and how many decisions of each. */
export interface DecisionLogLimits {
  readonly requests: number
  readonly decisionsEach: number
}

/**
 * The default: at most 200,000 decisions. One takes up to 1 KB, since policies are shared: 20 MB for 10,000 requests of
 * two decisions, 140 MB where each request has twenty. The tags that a decision used come on top, up to 50 each of
 * caller, session, repository and request: 50 tags of full length are 30 KB a request.
 */
export const decisionLogLimits: DecisionLogLimits = { requests: 10_000, decisionsEach: 20 }

interface Entry {
  readonly requestId: string
  readonly decisions: RecordedDecision[]
  leftOut?: number
  end?: RequestEnd
}

/** A ring buffer of the latest requests. It is written on every request of both planes, in constant time. */
export function decisionLog({ requests, decisionsEach }: DecisionLogLimits = decisionLogLimits): DecisionLog {
  const byRequestId = new Map<string, Entry>()
  const ring: Entry[] = []
  /** The number of entries made so far; modulo `requests` it is the next index of the ring. */
  let made = 0

  function entryOf(requestId: string): Entry {
    const existing = byRequestId.get(requestId)
    if (existing) return existing
    const place = made++ % requests
    const oldest = ring[place]
    if (oldest) byRequestId.delete(oldest.requestId)
    const entry: Entry = { requestId, decisions: [] }
    byRequestId.set(requestId, entry)
    ring[place] = entry
    return entry
  }

  return {
    decided: (requestId, decision) => addDecision(decision, entryOf(requestId), decisionsEach),
    ended: (requestId, end) => void (entryOf(requestId).end = bounded(end)),
    find: (requestId) => byRequestId.get(requestId),
    latestRefused(limit) {
      const refused: Entry[] = []
      const oldest = Math.max(0, made - requests)
      for (let n = made - 1; n >= oldest && refused.length < limit; n--) {
        const entry = ring[n % requests]
        if (entry && isReported(entry)) refused.push(entry)
      }
      return refused
    },
  }
}

/** At the limit a denial replaces the latest allow, and an allow is dropped. */
function addDecision(made: RecordedDecision, entry: Entry, room: number): void {
  const { decisions } = entry
  if (decisions.length >= room) {
    entry.leftOut = (entry.leftOut ?? 0) + 1
    const place = made.decision.allowed ? -1 : decisions.findLastIndex(({ decision }) => decision.allowed)
    if (place < 0) return
    decisions.splice(place, 1)
  }
  decisions.push(made)
}

/** The error codes of both planes for credentials that are missing, invalid or expired. */
const AUTHENTICATION_ERRORS: ReadonlySet<string> = new Set([
  ...['IncompleteSignatureException', 'InvalidSignatureException', 'UnrecognizedClientException'],
  ...['ExpiredTokenException', 'AccessDeniedException', 'UNAUTHORIZED', 'DENIED'],
])

/** Whether a request was refused by a policy or for its credentials, or is a pull that failed. */
function isReported({ decisions, end }: Entry): boolean {
  if (!end?.refusal) return false
  if (end.isFailedPull === true || end.hint !== undefined) return true
  if (decisions.length > 0) return decisions.some(({ decision }) => !decision.allowed)
  return end.isChallenge !== true && AUTHENTICATION_ERRORS.has(end.refusal.code)
}

/**
 * These messages repeat the credential, which is the secret if the client swapped key id and secret. Only the client
 * may see it.
 */
const CREDENTIALS_NAMED = /(Authorization=|Credential must have exactly 5 [^']*got )[^]*/

/** A limit in characters, since path and message may repeat input of any length. */
const LONGEST = 2048

function bounded(end: RequestEnd): RequestEnd {
  const { operation, refusal } = end
  if (!refusal && operation.length <= LONGEST) return end
  const copy = { ...end, operation: truncated(operation) }
  if (!refusal) return copy
  const { code, message } = refusal
  return { ...copy, refusal: { code, message: truncated(message.replace(CREDENTIALS_NAMED, '$1(not kept)')) } }
}

/** Copies the text, since the result of `slice` alone would keep the whole original in memory. */
const truncated = (text: string): string =>
  text.length > LONGEST ? `${Buffer.from(text.slice(0, LONGEST)).toString()}…` : text
