import { webcrypto } from 'node:crypto'

/** Room for UploadLayerPart's 20 MiB as base64 in JSON. */
export const MAX_BODY_BYTES = 32 * 1024 * 1024

/** SHA-256 of a body in lower-case hexadecimal, worked out beside the event loop: for large ones (`registry/slices.ts`). */
export async function hashAside(body: Buffer): Promise<string> {
  return Buffer.from(await webcrypto.subtle.digest('SHA-256', body as Buffer<ArrayBuffer>)).toString('hex')
}
