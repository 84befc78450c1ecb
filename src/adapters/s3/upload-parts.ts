import { paginateListObjectsV2, DeleteObjectsCommand } from '@aws-sdk/client-s3'
import { BlobsUnavailable } from '../../registry/ports/blob-store.js'
import { orUnavailable, unavailable } from './response-mapping.js'
import type { Bucket } from './bucket.js'
import { bytesOf } from './object-reads.js'

/** The bytes that one request added to an upload session, stored as an object that never changes. */
export interface UploadPart {
  readonly key: string
  readonly offset: number
  readonly size: number
  readonly etag: string
}

/** An object in a listing. */
export interface ListedObject {
  readonly key: string
  readonly size: number
  readonly etag: string
  readonly changedAt: number
}

/** Lists the objects whose keys begin with a prefix, in the order of their keys, page by page. */
export async function* objectsUnder({ client, name }: Bucket, prefix: string): AsyncGenerator<ListedObject, void> {
  const pages = paginateListObjectsV2({ client }, { Bucket: name, Prefix: prefix })
  try {
    for await (const { Contents = [] } of pages) {
      for (const { Key: key = '', Size: size = 0, ETag: etag = '', LastModified } of Contents)
        yield { key, size, etag, changedAt: LastModified?.getTime() ?? 0 }
    }
  } catch (error) {
    throw unavailable(error)
  }
}

/**
 * The maximum number of keys in a DeleteObjects request:
 * https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteObjects.html
 */
const MAX_DELETIONS = 1000

/** Deletes the objects whose keys begin with a prefix. */
export async function deleteUnder(bucket: Bucket, prefix: string): Promise<void> {
  let keys: string[] = []
  for await (const { key } of objectsUnder(bucket, prefix)) {
    keys.push(key)
    if (keys.length < MAX_DELETIONS) continue
    await deleteAll(bucket, keys)
    keys = []
  }
  if (keys.length > 0) await deleteAll(bucket, keys)
}

async function deleteAll({ client, name }: Bucket, keys: string[]): Promise<void> {
  const Delete = { Objects: keys.map((Key) => ({ Key })), Quiet: true }
  const { Errors = [] } = await orUnavailable(client.send(new DeleteObjectsCommand({ Bucket: name, Delete })))
  const [first] = Errors
  if (first) throw new BlobsUnavailable(`${first.Key} could not be deleted: ${first.Code} ${first.Message}`)
}

/** The parts of an upload session that are contiguous from its first byte. */
export async function partsUnder(bucket: Bucket, prefix: string): Promise<UploadPart[]> {
  const parts: UploadPart[] = []
  let end = 0
  for await (const { key, size, etag } of objectsUnder(bucket, prefix)) {
    const offset = Number(key.slice(prefix.length))
    if (offset !== end) break
    parts.push({ key, offset, size, etag })
    end += size
  }
  return parts
}

/** Yields the bytes of parts from a position on, in the versions that were listed. */
export async function* bytesOfParts(
  bucket: Bucket,
  parts: readonly UploadPart[],
  position: number,
  length: number,
): AsyncGenerator<Buffer, void> {
  for (const { key, offset, size, etag } of parts) {
    const start = Math.max(0, position - offset)
    const end = Math.min(size, position + length - offset) - 1
    if (start > end) continue
    const chunks = await bytesOf(bucket, key, { range: { start, end }, etag })
    if (!chunks) throw new BlobsUnavailable('A part of the upload was removed')
    yield* chunks
  }
}
