import type { Log } from '../../registry/ports/log.js'

/** A trouble that lasts is told again after this long. */
const TELL_AGAIN_MS = 60_000

/**
 * Warns of what whoever runs Redis has to see to, such as that it is full: once, and once a minute as long as it is met.
 * Nothing tells when it is over, since reads may be answered all the time.
 */
export function troublesOn(log: Log): (facts: object, message: string) => void {
  const toldAt = new Map<string, number>()
  return (facts, message) => {
    const now = performance.now()
    if (now - (toldAt.get(message) ?? -Infinity) < TELL_AGAIN_MS) return
    toldAt.set(message, now)
    log.warn(facts, message)
  }
}
