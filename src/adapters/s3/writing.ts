import {
  type CompletedPart,
  CopyObjectCommand,
  CreateMultipartUploadCommand,
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  PutObjectCommand,
  UploadPartCopyCommand,
} from '@aws-sdk/client-s3'
import { Upload } from '@aws-sdk/lib-storage'
import { Readable } from 'node:stream'
import { orUnavailable, factsOf, unavailable } from './response-mapping.js'
import type { Bucket } from './bucket.js'
import { headOf } from './object-reads.js'

/** Bytes that can be read repeatedly, in case a request has to be repeated. */
export interface Source {
  readonly size: number
  read(position: number, length: number): Promise<Buffer>
}

/** An existing object: `etag` identifies its version, and `isOurs` is true if this call stored it. */
export interface StoredObject {
  readonly etag: string
  readonly size: number
  readonly isOurs: boolean
}

/**
 * The number of parts of one object that are sent concurrently; together with the part size it limits the memory of a
 * write.
 */
const CONCURRENT_PARTS = 3
const READ_BYTES = 1024 * 1024

/**
 * Stores an object unless one exists under the key. `writer` is stored in its metadata, so that after a lost response
 * the object is recognized as our own. A failed write leaves no parts behind, if S3 can be reached.
 */
export async function storeNew(bucket: Bucket, key: string, source: Source, writer: string): Promise<StoredObject> {
  try {
    return { etag: await put(bucket, key, source, writer, '*'), size: source.size, isOurs: true }
  } catch (error) {
    const { name, status } = factsOf(error)
    // The store does not support conditional writes. Keys are then the only protection against concurrent writers.
    if (status === 501 || name === 'NotImplemented')
      return { etag: await orUnavailable(put(bucket, key, source, writer)), size: source.size, isOurs: true }
    if (status !== 412 && status !== 409) throw unavailable(error)
  }
  const head = await headOf(bucket, key)
  if (!head) throw unavailable(new Error('another writer was storing the same object'))
  return { etag: head.ETag ?? '', size: head.ContentLength ?? 0, isOurs: head.Metadata?.writer === writer }
}

/** Stores an object and replaces an existing one. */
export const storeOver = (bucket: Bucket, key: string, source: Source, writer: string): Promise<string> =>
  orUnavailable(put(bucket, key, source, writer))

async function put(bucket: Bucket, key: string, source: Source, writer: string, IfNoneMatch?: '*'): Promise<string> {
  const { client, name: Bucket, tuning } = bucket
  const Metadata = { writer }
  const params = { Bucket, Key: key, Metadata, IfNoneMatch, ContentType: 'application/octet-stream' }
  if (source.size <= tuning.partBytes) {
    const Body = await source.read(0, source.size)
    return (await client.send(new PutObjectCommand({ ...params, Body }))).ETag ?? ''
  }
  const Body = Readable.from(chunksOf(source), { objectMode: false })
  const upload = new Upload({
    client,
    queueSize: CONCURRENT_PARTS,
    partSize: tuning.partBytes,
    params: { ...params, Body },
  })
  try {
    return (await upload.done()).ETag ?? ''
  } finally {
    Body.destroy()
  }
}

async function* chunksOf(source: Source): AsyncGenerator<Buffer, void> {
  for (let position = 0; position < source.size;) {
    const chunk = await source.read(position, Math.min(READ_BYTES, source.size - position))
    if (chunk.length === 0) throw new Error('The source is shorter than its size')
    position += chunk.length
    yield chunk
  }
}

/** An object to be copied, only in this version if an ETag is given. */
export interface Original {
  readonly key: string
  readonly size: number
  readonly etag?: string
}

/** Copies an object within the bucket; its bytes do not pass through this process. */
export async function copy(bucket: Bucket, original: Original, to: string): Promise<void> {
  const from = { CopySource: `${bucket.name}/${original.key}`, CopySourceIfMatch: original.etag }
  const target = { Bucket: bucket.name, Key: to }
  if (original.size > bucket.tuning.copyBytes) return orUnavailable(copyInParts(bucket, original.size, from, target))
  await orUnavailable(bucket.client.send(new CopyObjectCommand({ ...from, ...target })))
}

async function copyInParts(
  { client, tuning: { copyBytes } }: Bucket,
  size: number,
  from: { CopySource: string; CopySourceIfMatch: string | undefined },
  target: { Bucket: string; Key: string },
): Promise<void> {
  const { UploadId } = await client.send(new CreateMultipartUploadCommand(target))
  try {
    const Parts: CompletedPart[] = []
    for (let start = 0; start < size; start += copyBytes) {
      const PartNumber = Parts.length + 1
      const CopySourceRange = `bytes=${start}-${Math.min(size, start + copyBytes) - 1}`
      const part = new UploadPartCopyCommand({ ...from, ...target, UploadId, PartNumber, CopySourceRange })
      Parts.push({ PartNumber, ETag: (await client.send(part)).CopyPartResult?.ETag })
    }
    await client.send(new CompleteMultipartUploadCommand({ ...target, UploadId, MultipartUpload: { Parts } }))
  } catch (error) {
    await client.send(new AbortMultipartUploadCommand({ ...target, UploadId })).catch(() => {})
    throw error
  }
}
