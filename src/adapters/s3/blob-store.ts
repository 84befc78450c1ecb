import { GetObjectCommand } from '@aws-sdk/client-s3'
import { getSignedUrl } from '@aws-sdk/s3-request-presigner'
import type { BlobStat, BlobStore, ByteRange, TakeChunk } from '../../registry/ports/blob-store.js'
import type { Ids } from '../../registry/ports/ids.js'
import { unavailable } from './response-mapping.js'
import { type Spool, blobWriter } from './blob-writer.js'
import { type Bucket, openBucket, type Tuning, defaultTuning } from './bucket.js'
import { blobKey } from './object-keys.js'
import { bucketNotes } from './notes.js'
import { bytesOf, headOf, wholeOf } from './object-reads.js'
import { isInBucket, maintenance } from './bucket-maintenance.js'
import { partHashes, uploadSession } from './upload-session.js'

/** The settings of blobs in S3. */
export interface S3Blobs {
  /** `s3://bucket/prefix`. */
  readonly url: string
  /** Buffers bytes until they are sent: a blob store on disk in which no other part stores blobs. */
  readonly spool: Spool
  readonly ids: Ids
  readonly tuning?: Partial<Tuning>
}

/**
 * Stores blobs as objects of an S3-compatible store: `<prefix>/blobs/<algorithm>/<hex>`, next to `uploads`, `notes` and
 * `quarantine`. Any number of machines may share them. The SDK determines endpoint, Region and credentials in its usual
 * ways. Throws errors of one line each if these are wrong, and BlobsUnavailable later if S3 gives no usable answer.
 */
export async function s3BlobStore({ url, spool, ids, tuning }: S3Blobs): Promise<BlobStore> {
  const bucket = await openBucket(url, { ...defaultTuning, ...tuning })
  const context = { bucket, spool, ids }
  const hashes = partHashes()
  const inventory = maintenance(bucket)

  return {
    ...inventory,
    size: async (digest) => (await statObject(bucket, blobKey(bucket, digest)))?.size,
    stat: (digest) => statObject(bucket, blobKey(bucket, digest)),
    send: (digest, range, take) => send(bucket, blobKey(bucket, digest), range, take),
    read: async (digest) => {
      const key = blobKey(bucket, digest)
      return key === undefined ? undefined : wholeOf(bucket, key)
    },
    create: () => blobWriter(context),
    session: (id) => uploadSession(context, hashes, id),
    ...(spool.follow && { follow: (name) => spool.follow?.(name) ?? Promise.resolve(undefined) }),
    locationOf: (digest, forSeconds) => locationOf(bucket, blobKey(bucket, digest), forSeconds),
    async *leftovers() {
      yield* spool.leftovers()
      yield* inventory.leftovers()
    },
    discard: (leftover) => (isInBucket(leftover) ? inventory.discard(leftover) : spool.discard(leftover)),
    notes: bucketNotes(bucket),
    async clear() {
      hashes.clear()
      await spool.clear()
      await inventory.clear()
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
 * A presigned URL for GET. It ends early if the credentials expire earlier.
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
