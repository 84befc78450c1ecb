import { STATUS_CODES } from 'node:http'
import type { Readable } from 'node:stream'
import type { Dispatcher } from 'undici'
import { UpstreamFailure } from '../../registry/ports/upstream.js'

/** A response of a registry, a token service, or a host that one redirected to. */
export interface UpstreamResponse {
  status: number
  headers: Record<string, string | string[] | undefined>
  /** The host that responded, if a redirect led to another origin. */
  redirectedTo?: string
  body: Dispatcher.ResponseData['body']
  /** Gives the memory of a chunk of the body back to the connection. */
  reuse: (chunk: Uint8Array) => void
  /**
   * The body of anything but a success, or nothing if that is too long. Empty for a success, whose `body` is unread.
   */
  text: string
}

/** The value of a header; undefined if it is repeated, because it is unclear which value counts. */
export function header({ headers }: Pick<UpstreamResponse, 'headers'>, name: string): string | undefined {
  const value = headers[name]
  return typeof value === 'string' ? value : undefined
}

/** Whether another try may get another status. */
export const isTransient = (status: number) => [408, 429, 500, 502, 503, 504].includes(status)

/** The failure that a response without success means for the request for `subject`. */
export function responseFailure(host: string, subject: string, response: UpstreamResponse): UpstreamFailure {
  const { status, redirectedTo, text } = response
  const location = redirectedTo === undefined ? '' : ` (at ${redirectedTo})`
  const reason = [`${status} ${STATUS_CODES[status] ?? ''}`.trim(), ...firstError(text)].join(', ')
  return new UpstreamFailure(
    failureKind(response),
    `The upstream registry ${host}${location} answered the request for ${subject} with ${reason}.`,
  )
}

/**
 * Storage behind a redirect may refuse for reasons of its own, such as an expired signature: this says nothing about
 * access to the registry.
 */
function failureKind({ status, text, redirectedTo }: UpstreamResponse): UpstreamFailure['kind'] {
  if (status === 401 || status === 403) return redirectedTo === undefined ? 'access-denied' : 'unavailable'
  if (status === 404 || (status === 400 && text.includes('NAME_INVALID'))) return 'not-found'
  return status === 429 ? 'too-many-requests' : 'unavailable'
}

/**
 * The first error of an OCI error body, if there is one.
 * https://github.com/opencontainers/distribution-spec/blob/v1.1.0/spec.md#error-codes
 */
function firstError(text: string): string[] {
  try {
    const [first] = (JSON.parse(text) as { errors?: { code?: unknown; message?: unknown }[] }).errors ?? []
    const parts = [first?.code, first?.message].filter((part) => typeof part === 'string')
    return parts.length > 0 ? [parts.join(': ').slice(0, 200)] : []
  } catch {
    return []
  }
}

/** The whole body; undefined if it is longer than `limit` bytes, and then its connection is closed. */
export async function readAtMost(body: Readable, limit: number): Promise<Buffer | undefined> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of body as AsyncIterable<Buffer>) {
    size += chunk.length
    if (size > limit) return undefined
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

/** Discards a body that nothing reads. Its connection is reused only if little of the body is left. */
export function discard(body: UpstreamResponse['body']): void {
  body.on('error', () => {})
  body.dump({ limit: 64 * 1024 }).catch(() => {})
}
