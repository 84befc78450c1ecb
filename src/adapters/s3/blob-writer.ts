import type { BlobStore, BlobWriter } from '../../registry/ports/blob-store.js'
import type { Ids } from '../../registry/ports/ids.js'
import type { Bucket } from './bucket.js'
import { commitBlob } from './commit.js'
import { blobKey } from './object-keys.js'
import { wholeOf } from './object-reads.js'

/** Holds bytes on this machine until their digest, and with it the blob's key, is known. */
export type Spool = Pick<BlobStore, 'create' | 'follow' | 'leftovers' | 'discard' | 'clear'>

/** What every way of writing takes. */
export interface Writing {
  readonly bucket: Bucket
  readonly spool: Pick<Spool, 'create'>
  readonly ids: Ids
}

/** Bytes that come in one go: a file of the spool that is sent to its key, once, when it is verified. */
export async function blobWriter({ bucket, spool, ids }: Writing): Promise<BlobWriter> {
  const file = await spool.create()
  let storedAt: string | undefined

  return {
    get size() {
      return file.size
    },
    get name() {
      return file.name
    },
    append: (chunk) => file.append(chunk),
    read: async (position, length) =>
      storedAt === undefined
        ? file.read(position, length).catch((error: unknown) => readStored(bucket, storedAt, position, length, error))
        : readStored(bucket, storedAt, position, Math.min(length, file.size - position)),
    verify: (digest) => file.verify(digest),
    async commit(digest) {
      try {
        await file.verify(digest)
        const key = blobKey(bucket, digest) ?? ''
        await commitBlob(bucket, key, file, ids)
        storedAt = key
      } finally {
        await file.abort()
      }
    },
    close: () => file.close(),
    abort: () => file.abort(),
  }
}

/** The file is removed once the blob is stored; a read that was under way continues from the blob. */
async function readStored(
  bucket: Bucket,
  key: string | undefined,
  start: number,
  length: number,
  error: unknown = new Error('The blob is gone again'),
): Promise<Buffer> {
  if (key !== undefined && length <= 0) return Buffer.alloc(0)
  const range = { start, end: start + length - 1 }
  const bytes = key === undefined ? undefined : await wholeOf(bucket, key, { range })
  if (!bytes) throw error
  return bytes
}
