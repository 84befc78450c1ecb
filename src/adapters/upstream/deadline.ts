import type { Clock } from '../../registry/ports/clock.js'

/** The moment by which a request must have its response, all tries included. */
export interface Deadline {
  /** Aborted once the deadline has passed. */
  readonly signal: AbortSignal
  /** In milliseconds since the epoch, by the clock of the client. */
  readonly at: number
}

/**
 * Runs `work` under a deadline. The deadline ends with `work`, so that the body of a blob may take longer;
 * AbortSignal.timeout cannot be cancelled and would cut it off.
 */
export async function withDeadline<T>(
  timeoutMs: number,
  clock: Pick<Clock, 'wall'>,
  work: (deadline: Deadline) => Promise<T>,
): Promise<T> {
  const controller = new AbortController()
  const timer = setTimeout(() => controller.abort(), timeoutMs)
  try {
    return await work({ signal: controller.signal, at: clock.wall().getTime() + timeoutMs })
  } finally {
    clearTimeout(timer)
  }
}
