import type { Log } from '../../registry/ports/log.js'

/** A problem that lasts is logged again after this long. */
const REPEAT_AFTER_MS = 60_000

/**
 * Warns of what the operator of Redis has to fix, such as that it is full: at once, and then once a minute for as long as it
 * is met. There is no message when it is over, since reads may have been answered all the time.
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
