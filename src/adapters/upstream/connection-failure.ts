import { UpstreamFailure } from '../../registry/ports/upstream.js'
import { LoopbackAddressError, PrivateAddressError } from './address-rules.js'
import type { UpstreamLimits } from './upstream-limits.js'

/** A failure that another try may cure. */
export class TransientFailure extends Error {
  override readonly name = 'TransientFailure'
  constructor(
    /** What is thrown if no try succeeds. */
    override readonly cause: UpstreamFailure,
    /** How many tries this kind of failure is worth in all. */
    readonly tries: number,
    /** The delay that the upstream demands before the next try. */
    readonly retryAfterMs?: number,
  ) {
    super(cause.message)
  }
}

const UNREACHABLE_CODES = ['ECONNREFUSED', 'EHOSTUNREACH', 'ENETUNREACH', 'ENOTFOUND', 'EAI_AGAIN']
const TIMEOUT_CODES = ['UND_ERR_CONNECT_TIMEOUT', 'UND_ERR_HEADERS_TIMEOUT', 'UND_ERR_BODY_TIMEOUT', 'ETIMEDOUT']
const BROKEN_CONNECTION_CODES = [
  'ECONNRESET',
  'EPIPE',
  'UND_ERR_SOCKET',
  'UND_ERR_RES_CONTENT_LENGTH_MISMATCH',
  'HPE_INVALID_EOF_STATE',
]

/**
 * What an error of the connection means. An unreachable upstream is worth few tries; an invalid certificate or an
 * address that we refuse is worth none.
 */
export function connectionFailure(host: string, subject: string, error: unknown, limits: UpstreamLimits): Error {
  if (error instanceof UpstreamFailure || error instanceof TransientFailure) return error
  const { code, message } = codeAndMessage(error)
  const failure = new UpstreamFailure(
    'unavailable',
    `The request to the upstream registry ${host} for ${subject} failed: ${message}.`,
  )
  if (error instanceof PrivateAddressError || error instanceof LoopbackAddressError) return failure
  if (UNREACHABLE_CODES.includes(code)) return new TransientFailure(failure, limits.unreachableTries)
  if (TIMEOUT_CODES.includes(code)) return new TransientFailure(failure, limits.timedOutTries)
  return BROKEN_CONNECTION_CODES.includes(code) ? new TransientFailure(failure, limits.tries) : failure
}

function codeAndMessage(error: unknown): { code: string; message: string } {
  if (!(error instanceof Error)) return { code: '', message: String(error) }
  const code = 'code' in error && typeof error.code === 'string' ? error.code : ''
  if (error.name === 'AbortError') return { code, message: 'no answer came in time' }
  const first: unknown = error instanceof AggregateError ? error.errors[0] : undefined
  const message = tlsReason(error, code) || error.message || (first instanceof Error ? first.message : '') || code
  return { code, message: message.replace(/\.$/, '') }
}

/** OpenSSL's reason alone: the whole message contains memory addresses and lines of its source. */
function tlsReason(error: Error, code: string): string {
  if (!code.startsWith('ERR_SSL_') || !('reason' in error) || typeof error.reason !== 'string') return ''
  return `no TLS connection (${error.reason})`
}
