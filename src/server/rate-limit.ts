import { rateExceeded } from '../registry/errors.js'
import type { Clock } from '../registry/ports/clock.js'
import { tokenBuckets } from './token-buckets.js'

/**
 * Takes a token from the bucket of a caller (an ARN) for one request. Throws ThrottlingException if the bucket is
 * empty.
 */
export type RateLimit = (caller: string) => void

/** A bucket holds ten seconds' worth of requests: clients that start together on a node send a burst. */
const BURST_SECONDS = 10

/** The rate limit of a plane: a bucket for each caller, refilled with `requestsPerSecond`; 0 means no limit. */
export function rateLimit(requestsPerSecond: number, clock: Pick<Clock, 'wall'>): RateLimit {
  if (requestsPerSecond === 0) return () => {}
  const takeToken = tokenBuckets({ perSecond: requestsPerSecond, capacity: requestsPerSecond * BURST_SECONDS }, clock)
  return (caller) => {
    if (!takeToken(caller)) throw rateExceeded()
  }
}
