import type { Clock } from '../../registry/ports/clock.js'
import type { UpstreamFailure } from '../../registry/ports/upstream.js'
import { connectionFailure, TransientFailure } from './connection-failure.js'
import type { Interceptor, ReadResponse, UpstreamRequest } from './interceptor.js'
import type { UpstreamLimits } from './upstream-limits.js'
import { discard, header, isTransient, type UpstreamResponse } from './upstream-responses.js'

/** The time and chance that retries need. */
export interface RetryTiming {
  readonly clock: Pick<Clock, 'wall'>
  /** From 0 up to 1: spreads delays by ±10 %. Without it they are exact. */
  readonly random?: () => number
  readonly wait: (milliseconds: number, signal: AbortSignal) => Promise<unknown>
}

/** What is retried, how often and after which delay. */
export interface RetryPolicy extends RetryTiming {
  readonly host: string
  readonly limits: UpstreamLimits
  /** The failure that a response with a transient status means if it is the last one. */
  readonly failure: (request: UpstreamRequest, response: UpstreamResponse) => UpstreamFailure
}

/**
 * Tries again while tries and time are left. The delay doubles each time unless the upstream says how long to wait. Why
 * this is not undici's interceptor: docs/decisions/0030-upstream-client.md.
 */
export const retries =
  (policy: RetryPolicy): Interceptor =>
  (next) =>
  async (request, read) => {
    const { host, limits, clock, random = () => 0.5, wait } = policy
    const { signal, at } = request.deadline
    for (let tries = 1; ; tries++) {
      try {
        return await next(request, (response) => readUnlessTransient(policy, request, response, read))
      } catch (error) {
        const failure = connectionFailure(host, request.subject, error, limits)
        if (!(failure instanceof TransientFailure)) throw failure
        const backoff = Math.min(limits.firstDelayMs * 2 ** (tries - 1), limits.longestDelayMs)
        const delay = failure.retryAfterMs ?? backoff * (0.9 + 0.2 * random())
        const isTooLong = delay > limits.longestRetryAfterMs || clock.wall().getTime() + delay > at
        if (tries >= failure.tries || isTooLong || signal.aborted) throw failure.cause
        await wait(delay, signal).catch(() => Promise.reject(failure.cause))
      }
    }
  }

async function readUnlessTransient<T>(
  { failure, limits, clock }: RetryPolicy,
  request: UpstreamRequest,
  response: UpstreamResponse,
  read: ReadResponse<T>,
): Promise<T> {
  if (isTransient(response.status)) {
    const delay = retryAfterMs(header(response, 'retry-after'), clock.wall())
    throw new TransientFailure(failure(request, response), limits.tries, delay)
  }
  try {
    return await read(response)
  } catch (error) {
    discard(response.body)
    throw error
  }
}

/**
 * Retry-After in milliseconds from now, given as seconds or as a date.
 * https://www.rfc-editor.org/rfc/rfc9110#section-10.2.3
 */
export function retryAfterMs(value: string | undefined, now: Date): number | undefined {
  if (value === undefined) return undefined
  if (/^\d+$/.test(value)) return Number(value) * 1000
  const at = Date.parse(value)
  return Number.isNaN(at) ? undefined : Math.max(0, at - now.getTime())
}
