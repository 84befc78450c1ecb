import { GetObjectCommand } from '@aws-sdk/client-s3'
import { getSignedUrl } from '@aws-sdk/s3-request-presigner'
import type { BlobStat, BlobStore, ByteRange, TakeChunk } from '../../registry/ports/blob-store.js'
import type { Ids } from '../../registry/ports/ids.js'
import { unavailable } from './response-mapping.js'
import { type Spool, blobWriter } from './blob-writer.js'
import { type Bucket, openBucket, type Tuning, usual } from './bucket.js'
import { blobKey } from './object-keys.js'
import { bucketNotes } from './notes.js'
import { bytesOf, headOf, wholeOf } from './object-reads.js'
import { isInBucket, maintenance } from './bucket-maintenance.js'
import { knownHashes, uploadSession } from './upload-session.js'

/** Options of blobs in S3. */
export interface S3Blobs {
  /** `s3://bucket/prefix`. */
  readonly url: string
  /** Holds bytes until they are sent: a blob store on disk, used for nothing else. */
  readonly spool: Spool
  readonly ids: Ids
  readonly tuning?: Partial<Tuning>
}

/**
 * Blobs as objects of an S3-compatible store: `<prefix>/blobs/<algorithm>/<hex>`, and beside them `uploads`, `notes` and
 * `quarantine`. Any number of machines may share them. The SDK finds endpoint, Region and credentials where it always does.
 * Throws plain errors of one line each where they are wrong; BlobsUnavailable later, when S3 gives no usable answer.
 */
export async function s3BlobStore({ url, spool, ids, tuning }: S3Blobs): Promise<BlobStore> {
  const bucket = await openBucket(url, { ...usual, ...tuning })
  const writing = { bucket, spool, ids }
  const known = knownHashes()
  const maintained = maintenance(bucket)

  return {
    ...maintained,
    size: async (digest) => (await statObject(bucket, blobKey(bucket, digest)))?.size,
    stat: (digest) => statObject(bucket, blobKey(bucket, digest)),
    send: (digest, range, take) => send(bucket, blobKey(bucket, digest), range, take),
    read: async (digest) => {
      const key = blobKey(bucket, digest)
      return key === undefined ? undefined : wholeOf(bucket, key)
    },
    create: () => blobWriter(writing),
    session: (id) => uploadSession(writing, known, id),
    ...(spool.follow && { follow: (name) => spool.follow?.(name) ?? Promise.resolve(undefined) }),
    locationOf: (digest, forSeconds) => locationOf(bucket, blobKey(bucket, digest), forSeconds),
    async *leftovers() {
      yield* spool.leftovers()
      yield* maintained.leftovers()
    },
    discard: (leftover) => (isInBucket(leftover) ? maintained.discard(leftover) : spool.discard(leftover)),
    notes: bucketNotes(bucket),
    async clear() {
      known.clear()
      await spool.clear()
      await maintained.clear()
    },
  }
}

async function statObject(bucket: Bucket, key: string | undefined): Promise<BlobStat | undefined> {
  const head = key === undefined ? undefined : await headOf(bucket, key)
  return head?.ContentLength === undefined ? undefined : { size: head.ContentLength, version: head.ETag ?? '' }
}

async function send(bucket: Bucket, key: string | undefined, range: ByteRange, take: TakeChunk): Promise<boolean> {
  if (key === undefined) return false
  if (range.end < range.start) return (await headOf(bucket, key)) !== undefined
  const chunks = await bytesOf(bucket, key, { range })
  if (!chunks) return false
  for await (const chunk of chunks) await take(chunk)
  return true
}

/**
 * A presigned GET. Credentials that expire earlier end it earlier.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/using-presigned-url.html
 */
async function locationOf(bucket: Bucket, key: string | undefined, expiresIn: number): Promise<string | undefined> {
  if (key === undefined) return undefined
  try {
    return await getSignedUrl(bucket.client, new GetObjectCommand({ Bucket: bucket.name, Key: key }), { expiresIn })
  } catch (error) {
    throw unavailable(error)
  }
}
