import { setTimeout as sleep } from 'node:timers/promises'
import type { Clock } from '../../registry/ports/clock.js'
import { UpstreamFailure } from '../../registry/ports/upstream.js'
import { LoopbackAddressRefused, PrivateAddressRefused } from './address-rules.js'
import type { UpstreamLimits } from './upstream-limits.js'

/** A failure that another try may cure: how many tries it is worth, and when the upstream asked for the next. */
export class Transient extends Error {
  override readonly name = 'Transient'
  constructor(
    readonly failure: UpstreamFailure,
    readonly tries: number,
    readonly retryAfterMs?: number,
  ) {
    super(failure.message)
  }
}

/** What waiting needs: time, and where wanted chance and a way to wait that a spec can watch. */
export interface Patience {
  clock: Pick<Clock, 'wall'>
  /** From 0 up to 1: spreads waits by ±10 %; without it they are exact. */
  random?: () => number
  wait?: (milliseconds: number, signal: AbortSignal) => Promise<unknown>
}

/** The moment by which an answer must be there. */
export interface Deadline {
  signal: AbortSignal
  at: number
}

/** Runs `work` under a deadline; what it leaves behind (the body of a transfer) is no longer bound by it. */
export async function within<T>(ms: number, { clock }: Patience, work: (deadline: Deadline) => Promise<T>): Promise<T> {
  const controller = new AbortController()
  const timer = setTimeout(() => controller.abort(), ms)
  try {
    return await work({ signal: controller.signal, at: clock.wall().getTime() + ms })
  } finally {
    clearTimeout(timer)
  }
}

/** Tries again while tries and time are left: the wait doubles each time unless the upstream says how long. */
export async function retrying<T>(
  attempt: () => Promise<T>,
  deadline: Deadline,
  limits: UpstreamLimits,
  patience: Patience,
): Promise<T> {
  const { clock, random = () => 0.5, wait = (ms, signal) => sleep(ms, undefined, { signal }) } = patience
  for (let tried = 1; ; tried++) {
    try {
      return await attempt()
    } catch (error) {
      if (!(error instanceof Transient)) throw error
      const doubled = Math.min(limits.firstDelayMs * 2 ** (tried - 1), limits.longestDelayMs)
      const delay = error.retryAfterMs ?? doubled * (0.9 + 0.2 * random())
      const tooLong = delay > limits.longestRetryAfterMs || clock.wall().getTime() + delay > deadline.at
      if (tried >= error.tries || tooLong || deadline.signal.aborted) throw error.failure
      await wait(delay, deadline.signal).catch(() => Promise.reject(error.failure))
    }
  }
}

/** Retry-After as milliseconds from now, whether seconds or a date. https://www.rfc-editor.org/rfc/rfc9110#section-10.2.3 */
export function retryAfterMs(value: string | undefined, now: Date): number | undefined {
  if (value === undefined) return undefined
  if (/^\d+$/.test(value)) return Number(value) * 1000
  const at = Date.parse(value)
  return Number.isNaN(at) ? undefined : Math.max(0, at - now.getTime())
}

const unreachable = ['ECONNREFUSED', 'EHOSTUNREACH', 'ENETUNREACH', 'ENOTFOUND', 'EAI_AGAIN']
const timedOut = ['UND_ERR_CONNECT_TIMEOUT', 'UND_ERR_HEADERS_TIMEOUT', 'UND_ERR_BODY_TIMEOUT', 'ETIMEDOUT']
const broken = ['ECONNRESET', 'EPIPE', 'UND_ERR_SOCKET', 'UND_ERR_RES_CONTENT_LENGTH_MISMATCH', 'HPE_INVALID_EOF_STATE']

/** What a failed connection means: dead upstreams are given up on soon, a certificate or an address we refuse at once. */
export function connectionFailure(host: string, subject: string, error: unknown, limits: UpstreamLimits): Error {
  if (error instanceof UpstreamFailure || error instanceof Transient) return error
  const { code, message } = describe(error)
  const failure = new UpstreamFailure(
    'unavailable',
    `The upstream registry ${host} could not be asked for ${subject}: ${message}.`,
  )
  if (error instanceof PrivateAddressRefused || error instanceof LoopbackAddressRefused) return failure
  if (unreachable.includes(code)) return new Transient(failure, limits.unreachableTries)
  if (timedOut.includes(code)) return new Transient(failure, limits.timedOutTries)
  return broken.includes(code) ? new Transient(failure, limits.tries) : failure
}

function describe(error: unknown): { code: string; message: string } {
  if (!(error instanceof Error)) return { code: '', message: String(error) }
  const code = 'code' in error && typeof error.code === 'string' ? error.code : ''
  if (error.name === 'AbortError') return { code, message: 'no answer came in time' }
  const first: unknown = error instanceof AggregateError ? error.errors[0] : undefined
  const message = tlsReason(error, code) || error.message || (first instanceof Error ? first.message : '') || code
  return { code, message: message.replace(/\.$/, '') }
}

/** OpenSSL's reason alone: its whole message names addresses in memory and lines of its source. */
function tlsReason(error: Error, code: string): string {
  if (!code.startsWith('ERR_SSL_') || !('reason' in error) || typeof error.reason !== 'string') return ''
  return `no TLS connection (${error.reason})`
}
