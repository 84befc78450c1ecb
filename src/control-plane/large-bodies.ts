import { webcrypto } from 'node:crypto'

/** From here on the steps of a call take so long that others must be let between them. */
const LARGE_BYTES = 512 * 1024

/** Whether the event loop would notice what is done with a body. */
export const isLarge = (body: Uint8Array): boolean => body.length > LARGE_BYTES

/** SHA-256 in lower-case hexadecimal, worked out beside the event loop. */
export async function hashAside(body: Buffer): Promise<string> {
  return Buffer.from(await webcrypto.subtle.digest('SHA-256', body as Buffer<ArrayBuffer>)).toString('hex')
}
