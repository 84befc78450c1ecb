import { webcrypto } from 'node:crypto'

/** More than UploadLayerPart's 20 MiB as base64 in JSON. */
export const MAX_BODY_BYTES = 32 * 1024 * 1024

/**
 * SHA-256 of a large body in lower-case hexadecimal, computed off the event loop. A small one is hashed when its
 * signature is verified.
 */
export const hashOfLargeBody = async (body: Buffer): Promise<string> =>
  Buffer.from(await webcrypto.subtle.digest('SHA-256', body as Buffer<ArrayBuffer>)).toString('hex')
