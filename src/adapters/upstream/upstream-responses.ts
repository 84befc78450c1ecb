import { STATUS_CODES } from 'node:http'
import type { Readable } from 'node:stream'
import type { Dispatcher } from 'undici'
import { UpstreamFailure } from '../../registry/ports/upstream.js'

/** What a server answered, after redirects. */
export interface Answer {
  status: number
  headers: Record<string, string | string[] | undefined>
  /** The host that answered, where a redirect led to another origin than was asked. */
  redirectedTo?: string
  body: Dispatcher.ResponseData['body']
  /** What came with anything but a success, cut short; empty for a success, whose `body` is still to be read. */
  text: string
}

/** A header's only value: of several, none, since which one counts would be a guess. */
export function header({ headers }: Pick<Answer, 'headers'>, name: string): string | undefined {
  const value = headers[name]
  return typeof value === 'string' ? value : undefined
}

/** Statuses that may be gone on the next try. */
export const isTransient = (status: number) => [408, 429, 500, 502, 503, 504].includes(status)

/** The failure that an answer other than a success means for whoever asked for `subject`, in a sentence. */
export function failureFrom(host: string, subject: string, answer: Answer): UpstreamFailure {
  const { status, redirectedTo, text } = answer
  const from = redirectedTo === undefined ? '' : ` (at ${redirectedTo})`
  const said = theirWords(text)
  const reason = [`${status} ${STATUS_CODES[status] ?? ''}`.trim(), ...said].join(', ')
  return new UpstreamFailure(
    kindOf(answer),
    `The upstream registry ${host}${from} answered the request for ${subject} with ${reason}.`,
  )
}

/** Storage behind a redirect refuses for its own reasons, an expired signature say: not the registry's word on access. */
function kindOf({ status, text, redirectedTo }: Answer): UpstreamFailure['kind'] {
  if (status === 401 || status === 403) return redirectedTo === undefined ? 'access-denied' : 'unavailable'
  if (status === 404 || (status === 400 && text.includes('NAME_INVALID'))) return 'not-found'
  return status === 429 ? 'too-many-requests' : 'unavailable'
}

/** The first error of an OCI error body. https://github.com/opencontainers/distribution-spec/blob/v1.1.0/spec.md#error-codes */
function theirWords(text: string): string[] {
  try {
    const [first] = (JSON.parse(text) as { errors?: { code?: unknown; message?: unknown }[] }).errors ?? []
    const words = [first?.code, first?.message].filter((word) => typeof word === 'string')
    return words.length > 0 ? [words.join(': ').slice(0, 200)] : []
  } catch {
    return []
  }
}

/** The body of at most `limit` bytes; undefined, with the rest thrown away, if there is more. */
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

/** Lets go of a body nobody will read; its connection is kept only if little is left to come. */
export function discard(body: Answer['body']): void {
  body.on('error', () => {})
  body.dump({ limit: 64 * 1024 }).catch(() => {})
}
