import { webcrypto } from 'node:crypto'

/** SHA-256 in lower-case hexadecimal, worked out beside the event loop: for bodies that are large (`registry/slices.ts`). */
export async function hashAside(body: Buffer): Promise<string> {
  return Buffer.from(await webcrypto.subtle.digest('SHA-256', body as Buffer<ArrayBuffer>)).toString('hex')
}
