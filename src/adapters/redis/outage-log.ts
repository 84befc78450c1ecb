import type { Log } from '../../registry/ports/log.js'

/** The interval in milliseconds at which a lasting problem is logged again. */
const REPEAT_AFTER_MS = 60_000

/**
 * Logs problems that the operator of Redis has to fix, such as a full memory: immediately, and then at most once a
 * minute while they occur. The end of such a problem is not logged: reads may have succeeded all the time.
 */
export function outageLog(log: Log): (facts: object, message: string) => void {
  const loggedAt = new Map<string, number>()
  return (facts, message) => {
    const now = performance.now()
    if (now - (loggedAt.get(message) ?? -Infinity) < REPEAT_AFTER_MS) return
    loggedAt.set(message, now)
    log.warn(facts, message)
  }
}
