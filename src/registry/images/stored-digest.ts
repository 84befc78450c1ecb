import { createHash } from 'node:crypto'
import { digestAlgorithm } from './manifest.js'
import type { Blobs } from '../ports/blob-store.js'

/** The digest that the stored bytes of a blob hash to; undefined if the blob was removed meanwhile. */
export async function digestOfStoredBlob(
  { digest, size }: { readonly digest: string; readonly size: number },
  blobs: Pick<Blobs, 'send'>,
): Promise<string | undefined> {
  const algorithm = digestAlgorithm(digest)
  const hash = createHash(algorithm)
  const update = async (chunk: Uint8Array) => void hash.update(chunk)
  const isComplete = size === 0 || (await blobs.send(digest, { start: 0, end: size - 1 }, update))
  return isComplete ? `${algorithm}:${hash.digest('hex')}` : undefined
}
