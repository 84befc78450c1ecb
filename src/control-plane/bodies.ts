import { webcrypto } from 'node:crypto'
import { isLargeBody } from '../coordination/event-loop.js'

/** More than UploadLayerPart's 20 MiB as base64 in JSON. */
export const MAX_BODY_BYTES = 32 * 1024 * 1024

/**
 * SHA-256 of a large body in lower-case hexadecimal, computed off the event loop. Undefined for a small one, which is
 * hashed when its signature is verified.
 */
export async function hashOfLargeBody(body: Buffer): Promise<string | undefined> {
  if (!isLargeBody(body.length)) return undefined
  return Buffer.from(await webcrypto.subtle.digest('SHA-256', body as Buffer<ArrayBuffer>)).toString('hex')
}
