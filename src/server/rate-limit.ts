import { LRUCache } from 'lru-cache'
import { rateExceeded } from '../registry/errors.js'
import type { Clock } from '../registry/ports/clock.js'

/**
 * Takes a token from the bucket of a caller (an ARN) for one request. Throws ThrottlingException if the bucket is
 * empty.
 */
export type RateLimit = (caller: string) => void

/** A bucket holds ten seconds' worth of requests: clients that start together on a node send a burst. */
const BURST_SECONDS = 10

/**
 * The number of callers whose buckets are remembered. The least recently seen caller is evicted and starts again with a
 * full bucket.
 */
const MAX_CALLERS = 10_000

interface Bucket {
  /** When the bucket was last refilled, in epoch milliseconds. */
  readonly at: number
  readonly tokens: number
}

/**
 * The rate limit of a plane: a token bucket for each caller, refilled with `requestsPerSecond`; 0 means no limit.
 * Buckets refill by the machine's clock, because the emulator's can be advanced.
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
