import { LRUCache } from 'lru-cache'
import { rateExceeded } from '../registry/errors.js'
import type { Clock } from '../registry/ports/clock.js'

/** Takes a token for one request of a caller, an ARN. Throws ThrottlingException where the caller has none left. */
export type RateLimit = (caller: string) => void

/** A bucket holds ten seconds' worth of requests: clients that start together on a node send a burst. */
const BURST_SECONDS = 10

/** Callers whose buckets are remembered; beyond them the least recently seen one starts again with a full bucket. */
const MAX_CALLERS = 10_000

interface Bucket {
  /** When its tokens were last counted, in epoch milliseconds. */
  readonly at: number
  readonly tokens: number
}

/**
 * A token bucket for each caller, filled with `requestsPerSecond`; 0 is no limit. Buckets fill by the machine's clock,
 * because the emulator's can be advanced.
 */
export function rateLimit(requestsPerSecond: number, clock: Pick<Clock, 'wall'>): RateLimit {
  if (requestsPerSecond === 0) return () => {}
  const capacity = requestsPerSecond * BURST_SECONDS
  const buckets = new LRUCache<string, Bucket>({ max: MAX_CALLERS })
  return (caller) => {
    const at = clock.wall().getTime()
    const tokens = tokensAt(at, buckets.get(caller))
    buckets.set(caller, { at, tokens: Math.max(0, tokens - 1) })
    if (tokens < 1) throw rateExceeded()
  }

  function tokensAt(now: number, bucket: Bucket | undefined): number {
    if (!bucket) return capacity
    // The machine's clock may have been set back.
    const elapsedSeconds = Math.max(0, now - bucket.at) / 1000
    return Math.min(capacity, bucket.tokens + elapsedSeconds * requestsPerSecond)
  }
}
