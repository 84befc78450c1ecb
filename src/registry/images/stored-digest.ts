import { createHash } from 'node:crypto'
import { algorithmOf } from './manifest.js'
import type { BlobStore } from '../ports/blob-store.js'

/** What the bytes that are kept as a blob hash to; undefined where the blob went while it was read. */
export async function digestOfKept(
  { digest, size }: { readonly digest: string; readonly size: number },
  blobs: Pick<BlobStore, 'send'>,
): Promise<string | undefined> {
  const algorithm = algorithmOf(digest)
  const hash = createHash(algorithm)
  const take = async (chunk: Uint8Array) => void hash.update(chunk)
  const isThere = size === 0 || (await blobs.send(digest, { start: 0, end: size - 1 }, take))
  return isThere ? `${algorithm}:${hash.digest('hex')}` : undefined
}
