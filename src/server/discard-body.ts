import type { IncomingMessage } from 'node:http'

/** How long a refused client may continue to send. */
const LINGER_MS = 5_000

/**
 * Reads and drops the rest of a refused request's body for a limited time. If the connection were closed at once, it
 * would be reset and the client would not see the refusal. `onEnd` is called once, when the body or the connection
 * ends.
 */
export function discardBody(req: IncomingMessage, onEnd: () => void = () => {}): void {
  const timer = setTimeout(() => req.destroy(), LINGER_MS)
  let hasEnded = false
  const end = () => {
    if (hasEnded) return
    hasEnded = true
    clearTimeout(timer)
    onEnd()
  }
  req.once('end', end).once('close', end).resume()
}
