import { webcrypto } from 'node:crypto'

/** From here on it takes others' time to hash a body. */
const LARGE_BYTES = 512 * 1024

/** Whether the event loop would notice what is done with a body. */
export const isLarge = (body: Uint8Array): boolean => body.length > LARGE_BYTES

/** SHA-256 in lower-case hexadecimal, worked out beside the event loop. */
export async function hashAside(body: Buffer): Promise<string> {
  return Buffer.from(await webcrypto.subtle.digest('SHA-256', body as Buffer<ArrayBuffer>)).toString('hex')
}
