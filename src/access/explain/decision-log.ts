import type { AccessQuestion, ApplicablePolicies, Decision } from '../../iam/policy.js'

/** One decision as it was made: question and policies are kept as they were, so that it can be explained later. */
export interface MadeDecision {
  readonly question: AccessQuestion
  readonly policies: ApplicablePolicies
  readonly decision: Decision
  /** What a yes would take besides policies, as a sentence. */
  readonly alsoNeeded?: string
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
  /** Whether the refusal only asks for credentials, of a request that brought none: what every client provokes first. */
  readonly isChallenge?: boolean
  /** Whether it pulled an image and got none for a reason that whoever pulls does not expect. */
  readonly isFailedPull?: boolean
  /** What the refusal is for, in words that the client does not get. */
  readonly hint?: string
}

/** A request and what was decided about it. */
export interface DecidedRequest {
  readonly requestId: string
  /** In their order; of very many not all. A no is kept rather than a yes. */
  readonly decisions: readonly MadeDecision[]
  /** How many more were made than are kept; absent where all are. */
  readonly leftOut?: number
  readonly end?: RequestEnd
}

/** Remembers the last requests with their decisions, in memory: nothing is worked out before somebody asks why. */
export interface DecisionLog {
  decided(requestId: string, decision: MadeDecision): void
  ended(requestId: string, end: RequestEnd): void
  find(requestId: string): DecidedRequest | undefined
  /**
   * The latest requests that a policy or the check of who asks refused, and the pulls that failed, newest first. What else
   * is not found or not valid is left out, and so is a request that was answered all the same.
   */
  latestRefused(limit: number): DecidedRequest[]
}

/** How much is remembered: so many requests, and of each so many decisions. */
export interface DecisionLogLimits {
  readonly requests: number
  readonly decisionsEach: number
}

/**
 * What is remembered unless said otherwise: 200,000 decisions at most. One takes up to 1 KB, for policies are shared: that is
 * 20 MB for 10,000 requests of two decisions, 140 MB where each takes all its places. The tags a decision looked at come
 * on top, up to 50 of caller, session, repository and request each: 50 new ones of full length are 30 KB a request.
 */
export const decisionLogLimits: DecisionLogLimits = { requests: 10_000, decisionsEach: 20 }

interface Entry {
  readonly requestId: string
  readonly decisions: MadeDecision[]
  leftOut?: number
  end?: RequestEnd
}

/** A ring of the last requests. Written to on every request of both planes: neither end of it is searched for. */
export function decisionLog({ requests, decisionsEach }: DecisionLogLimits = decisionLogLimits): DecisionLog {
  const known = new Map<string, Entry>()
  const ring: Entry[] = []
  /** How many entries were ever made; its remainder is the next place in the ring. */
  let made = 0

  function entryOf(requestId: string): Entry {
    const before = known.get(requestId)
    if (before) return before
    const place = made++ % requests
    const oldest = ring[place]
    if (oldest) known.delete(oldest.requestId)
    const entry: Entry = { requestId, decisions: [] }
    known.set(requestId, entry)
    ring[place] = entry
    return entry
  }

  return {
    decided: (requestId, decision) => keep(decision, entryOf(requestId), decisionsEach),
    ended: (requestId, end) => void (entryOf(requestId).end = fitToKeep(end)),
    find: (requestId) => known.get(requestId),
    latestRefused(limit) {
      const found: Entry[] = []
      const oldest = Math.max(0, made - requests)
      for (let n = made - 1; n >= oldest && found.length < limit; n--) {
        const entry = ring[n % requests]
        if (entry && isWorthTelling(entry)) found.push(entry)
      }
      return found
    },
  }
}

/** Where there is no room, a no takes the place of the latest yes. */
function keep(made: MadeDecision, entry: Entry, room: number): void {
  const { decisions } = entry
  if (decisions.length >= room) {
    entry.leftOut = (entry.leftOut ?? 0) + 1
    const place = made.decision.allowed ? -1 : decisions.findLastIndex(({ decision }) => decision.allowed)
    if (place < 0) return
    decisions.splice(place, 1)
  }
  decisions.push(made)
}

/** The codes of both planes for who cannot be told or is believed no more. */
const AUTHENTICATION_ERRORS: ReadonlySet<string> = new Set([
  ...['IncompleteSignatureException', 'InvalidSignatureException', 'UnrecognizedClientException'],
  ...['ExpiredTokenException', 'AccessDeniedException', 'UNAUTHORIZED', 'DENIED'],
])

/** Refused by a decision, or before any was made, or a pull that failed. */
function isWorthTelling({ decisions, end }: Entry): boolean {
  if (!end?.refusal) return false
  if (end.isFailedPull === true || end.hint !== undefined) return true
  if (decisions.length > 0) return decisions.some(({ decision }) => !decision.allowed)
  return end.isChallenge !== true && AUTHENTICATION_ERRORS.has(end.refusal.code)
}

/** Who mixes up the key and its secret has the secret named in these refusals: its own client may, nobody else. */
const CREDENTIALS_NAMED = /(Authorization=|Credential must have exactly 5 [^']*got )[^]*/

/** A path and a message may repeat what the client sent, of any length. */
const LONGEST = 2048

function fitToKeep(end: RequestEnd): RequestEnd {
  const { operation, refusal } = end
  if (!refusal && operation.length <= LONGEST) return end
  const kept = { ...end, operation: shortened(operation) }
  if (!refusal) return kept
  const { code, message } = refusal
  return { ...kept, refusal: { code, message: shortened(message.replace(CREDENTIALS_NAMED, '$1(not kept)')) } }
}

/** A copy: what `slice` alone returns keeps the whole text in memory. */
const shortened = (text: string): string =>
  text.length > LONGEST ? `${Buffer.from(text.slice(0, LONGEST)).toString()}…` : text
