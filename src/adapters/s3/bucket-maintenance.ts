import {
  AbortMultipartUploadCommand,
  DeleteObjectCommand,
  ListMultipartUploadsCommand,
  type ListMultipartUploadsCommandInput,
  type MultipartUpload,
  paginateListParts,
} from '@aws-sdk/client-s3'
import type { BlobStore, Inventory, Leftover } from '../../registry/ports/blob-store.js'
import { orUnavailable, factsOf, orUndefined, unavailable } from './response-mapping.js'
import type { Bucket } from './bucket.js'
import { blobKey, digestAt, uploadPrefix } from './object-keys.js'
import { headOf } from './object-reads.js'
import { deleteUnder, objectsUnder } from './upload-parts.js'
import { copy } from './writing.js'

const HOUR_MS = 60 * 60 * 1000

/** The first segments of keys after the prefix, by the kind of the objects. */
const OBJECT_KINDS = ['blobs', 'uploads', 'notes', 'quarantine'] as const

/** The inventory of the objects in the bucket, and their removal. */
export const maintenance = (bucket: Bucket): Omit<Inventory, 'stat'> & Pick<BlobStore, 'clear'> => ({
  async *list() {
    for await (const { key, size } of objectsUnder(bucket, `${bucket.prefix}blobs/`)) {
      const digest = digestAt(bucket, key)
      if (blobKey(bucket, digest) === key) yield { digest, size }
    }
  },
  async remove(digest, confirm) {
    const key = blobKey(bucket, digest)
    if (key === undefined) return
    await remove(bucket, key, AbortSignal.timeout(bucket.tuning.removalMs))
    await confirm?.()
  },
  async quarantine(digest) {
    const key = blobKey(bucket, digest)
    const head = key === undefined ? undefined : await headOf(bucket, key)
    if (key === undefined || !head) return
    const original = { key, size: head.ContentLength ?? 0, etag: head.ETag }
    await copy(bucket, original, `${bucket.prefix}quarantine/${digest.replace(':', '-')}`)
    await remove(bucket, key)
  },
  async *leftovers() {
    yield* sessionsIn(bucket)
    for await (const multipart of multipartsIn(bucket)) yield await leftoverOf(bucket, multipart)
  },
  async discard({ kind, name }) {
    if (kind === 'upload') return deleteUnder(bucket, uploadPrefix(bucket, name))
    const { Key, UploadId } = parseName(bucket, name)
    await abortMultipart(bucket, { Key, UploadId })
  },
  async clear() {
    for await (const multipart of multipartsIn(bucket)) await abortMultipart(bucket, multipart)
    for (const kind of OBJECT_KINDS) await deleteUnder(bucket, `${bucket.prefix}${kind}/`)
  },
})

/** Deletes one object. Does nothing if it does not exist. */
export async function remove({ client, name }: Bucket, key: string, abortSignal?: AbortSignal): Promise<void> {
  await orUndefined(client.send(new DeleteObjectCommand({ Bucket: name, Key: key }), { abortSignal }))
}

/** Lists upload sessions with the time of their last part. The parts of a session are adjacent in the listing. */
async function* sessionsIn(bucket: Bucket): AsyncGenerator<Leftover, void> {
  const prefix = `${bucket.prefix}uploads/`
  let current: { name: string; modifiedAt: number } | undefined
  for await (const { key, changedAt } of objectsUnder(bucket, prefix)) {
    const [name = ''] = key.slice(prefix.length).split('/')
    if (current && current.name !== name) yield { kind: 'upload', ...current, mayBeInUse: false }
    current = { name, modifiedAt: Math.max(changedAt, current?.name === name ? current.modifiedAt : 0) }
  }
  if (current) yield { kind: 'upload', ...current, mayBeInUse: false }
}

/**
 * Lists multipart uploads that were started but not completed. A listing of objects does not contain them, although
 * they are charged for. https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListMultipartUploads.html
 */
async function* multipartsIn(bucket: Bucket): AsyncGenerator<MultipartUpload, void> {
  // Each prefix is listed on its own, because the bucket may contain uploads of other applications.
  for (const kind of OBJECT_KINDS) yield* multipartsUnder(bucket, `${bucket.prefix}${kind}/`)
}

async function* multipartsUnder({ client, name }: Bucket, Prefix: string): AsyncGenerator<MultipartUpload, void> {
  let markers: Pick<ListMultipartUploadsCommandInput, 'KeyMarker' | 'UploadIdMarker'> | undefined = {}
  while (markers) {
    const command: ListMultipartUploadsCommand = new ListMultipartUploadsCommand({ Bucket: name, Prefix, ...markers })
    const { Uploads = [], ...page } = await orUnavailable(client.send(command))
    yield* Uploads
    markers = page.IsTruncated ? { KeyMarker: page.NextKeyMarker, UploadIdMarker: page.NextUploadIdMarker } : undefined
  }
}

/** A multipart upload without a new part for an hour is abandoned: sending a part takes seconds. */
async function leftoverOf(bucket: Bucket, multipart: MultipartUpload): Promise<Leftover> {
  const modifiedAt = Math.max(multipart.Initiated?.getTime() ?? 0, await lastPartAt(bucket, multipart))
  const age = performance.timeOrigin + performance.now() - modifiedAt
  return { kind: 'temporary', name: nameOf(bucket, multipart), modifiedAt, mayBeInUse: age < HOUR_MS }
}

async function lastPartAt({ client, name }: Bucket, { Key, UploadId }: MultipartUpload): Promise<number> {
  let last = 0
  try {
    for await (const { Parts = [] } of paginateListParts({ client }, { Bucket: name, Key, UploadId }))
      for (const { LastModified } of Parts) last = Math.max(last, LastModified?.getTime() ?? 0)
  } catch (error) {
    if (factsOf(error).status !== 404) throw unavailable(error)
  }
  return last
}

async function abortMultipart({ client, name }: Bucket, { Key, UploadId }: MultipartUpload): Promise<void> {
  try {
    await client.send(new AbortMultipartUploadCommand({ Bucket: name, Key, UploadId }))
  } catch (error) {
    if (factsOf(error).name !== 'NoSuchUpload') throw unavailable(error)
  }
}

const MULTIPART = 'multipart:'

/** The name of a multipart upload as a leftover, distinct from the names of the spool's files. */
const nameOf = ({ prefix }: Bucket, { Key = '', UploadId = '' }: MultipartUpload) =>
  `${MULTIPART}${Key.slice(prefix.length)} ${UploadId}`

/** Whether a leftover is in the bucket; all others are files of the spool. */
export const isInBucket = ({ kind, name }: Leftover): boolean => kind === 'upload' || name.startsWith(MULTIPART)

function parseName({ prefix }: Bucket, name: string) {
  const [key = '', UploadId = ''] = name.slice(MULTIPART.length).split(' ')
  return { Key: `${prefix}${key}`, UploadId }
}
