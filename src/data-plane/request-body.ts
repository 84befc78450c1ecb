import type { IncomingMessage } from 'node:http'
import { OciError } from './errors.js'

/** An upload may take as long as it likes, but not this long without a single byte. */
const IDLE_MS = 5 * 60 * 1000

/**
 * The bytes of a request as they come, read no faster than they are taken. A connection that is silent for too long is
 * closed; a reader that stops early leaves the connection open, so that the refusal still reaches the client.
 */
export function bodyOf(req: IncomingMessage, idleMs = IDLE_MS): AsyncIterable<Uint8Array> {
  req.setTimeout(idleMs)
  return req.iterator({ destroyOnReturn: false }) as AsyncIterable<Uint8Array>
}

/** Whether the request brings a body at all: of unknown length counts. */
export const hasBody = ({ headers }: IncomingMessage): boolean =>
  Number(headers['content-length'] ?? 0) > 0 || headers['transfer-encoding'] !== undefined

/** The whole of a small body. Throws 413 as soon as it is known to be larger than allowed. */
export async function readBody(req: IncomingMessage, maxBytes: number): Promise<Buffer> {
  if (Number(req.headers['content-length'] ?? 0) > maxBytes) throw tooLarge(maxBytes)
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of bodyOf(req)) {
    size += chunk.length
    if (size > maxBytes) throw tooLarge(maxBytes)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

/** The words are those of ECR's generated checks; the status is OCI's. */
const tooLarge = (maxBytes: number) =>
  new OciError(
    413,
    'SIZE_INVALID',
    `Invalid parameter at 'imageManifest' failed to satisfy constraint: 'Member must have length less than or equal to ${maxBytes}'`,
  )
