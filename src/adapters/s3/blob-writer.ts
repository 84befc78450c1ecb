import type { BlobStore, BlobWriter } from '../../registry/ports/blob-store.js'
import type { Ids } from '../../registry/ports/ids.js'
import type { Bucket } from './bucket.js'
import { commitBlob } from './commit.js'
import { blobKey } from './object-keys.js'
import { wholeOf } from './object-reads.js'

/** Buffers bytes on this machine until their digest is known, because it determines the key of the blob. */
export type Spool = Pick<BlobStore, 'create' | 'follow' | 'leftovers' | 'discard' | 'clear'>

/** What all writers depend on. */
export interface WriteContext {
  readonly bucket: Bucket
  readonly spool: Pick<Spool, 'create'>
  readonly ids: Ids
}

/** The writer of bytes that arrive in one transfer: a file of the spool, which is sent once, after it was verified. */
export async function blobWriter({ bucket, spool, ids }: WriteContext): Promise<BlobWriter> {
  const file = await spool.create()
  let blobObject: string | undefined

  return {
    get size() {
      return file.size
    },
    get name() {
      return file.name
    },
    append: (...chunks) => file.append(...chunks),
    read: async (position, length) =>
      blobObject === undefined
        ? file
            .read(position, length)
            .catch((error: unknown) => readCommitted(bucket, blobObject, position, length, error))
        : readCommitted(bucket, blobObject, position, Math.min(length, file.size - position)),
    verify: (digest) => file.verify(digest),
    async commit(digest) {
      try {
        await file.verify(digest)
        const key = blobKey(bucket, digest) ?? ''
        await commitBlob(bucket, key, file, ids)
        blobObject = key
      } finally {
        await file.abort()
      }
    },
    close: () => file.close(),
    abort: () => file.abort(),
  }
}

/**
 * Reads from the committed blob. The file of the spool is removed after the commit: concurrent readers continue with
 * the blob.
 */
async function readCommitted(
  bucket: Bucket,
  key: string | undefined,
  start: number,
  length: number,
  error: unknown = new Error('The blob was removed'),
): Promise<Buffer> {
  if (key !== undefined && length <= 0) return Buffer.alloc(0)
  const range = { start, end: start + length - 1 }
  const bytes = key === undefined ? undefined : await wholeOf(bucket, key, { range })
  if (!bytes) throw error
  return bytes
}
