import type { PendingReplication } from './image-replication.js'

/** The first delay doubles with each attempt up to the longest, in milliseconds. */
const FIRST_DELAY = 1000
const LONGEST_DELAY = 300_000

/** Enough for a day: the bytes of an image that is being pulled through may take long. */
const MAX_ATTEMPTS = 300

/**
 * The pending replication after an attempt without a result; undefined if it was the last one. The service does not
 * publish how often it tries.
 */
export const nextAttempt = (pending: PendingReplication, now: Date): PendingReplication | undefined => {
  const attempts = pending.attempts + 1
  const delay = Math.min(FIRST_DELAY * 2 ** pending.attempts, LONGEST_DELAY)
  return attempts < MAX_ATTEMPTS ? { ...pending, attempts, dueAt: now.getTime() + delay } : undefined
}
