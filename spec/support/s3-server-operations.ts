import { randomUUID } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'
import { type Answer, S3Error, textsOf, xml } from './s3-server-answers.js'
import {
  type BucketState,
  complete,
  emptyBucket,
  etagOf,
  type Multipart,
  pageOf,
  putObject,
  type StoredObject,
} from './s3-server-state.js'

/** A verified and parsed request. */
export interface S3Request {
  readonly operation: string
  readonly buckets: Map<string, BucketState>
  readonly bucketName: string
  readonly bucket: BucketState
  readonly key: string
  readonly query: URLSearchParams
  readonly headers: IncomingHttpHeaders
  readonly body: Buffer
  /** The maximum number of names on a page of a listing. */
  readonly pageSize: number
}

type Operation = (request: S3Request) => Answer

/**
 * The name of the S3 operation of a request:
 * https://docs.aws.amazon.com/AmazonS3/latest/API/API_Operations_Amazon_Simple_Storage_Service.html
 */
export function operationOf(method: string, key: string, query: URLSearchParams, headers: IncomingHttpHeaders): string {
  const isCopy = headers['x-amz-copy-source'] !== undefined
  if (key === '') {
    if (method === 'POST' && query.has('delete')) return 'DeleteObjects'
    if (method === 'GET') return query.has('uploads') ? 'ListMultipartUploads' : 'ListObjectsV2'
    return method === 'PUT' ? 'CreateBucket' : 'Unknown'
  }
  if (method === 'PUT' && query.has('partNumber')) return isCopy ? 'UploadPartCopy' : 'UploadPart'
  if (method === 'PUT') return isCopy ? 'CopyObject' : 'PutObject'
  if (method === 'POST') return query.has('uploads') ? 'CreateMultipartUpload' : 'CompleteMultipartUpload'
  if (method === 'DELETE') return query.has('uploadId') ? 'AbortMultipartUpload' : 'DeleteObject'
  if (method === 'GET' && query.has('uploadId')) return 'ListParts'
  return { GET: 'GetObject', HEAD: 'HeadObject' }[method] ?? 'Unknown'
}

export const operations: Record<string, Operation> = {
  CreateBucket({ buckets, bucketName }) {
    if (!buckets.has(bucketName)) buckets.set(bucketName, emptyBucket())
    return {}
  },
  PutObject({ bucket, key, body, headers }) {
    const { etag } = putObject(
      bucket,
      key,
      { bytes: body, headers: kept(headers) },
      { onlyNew: isConditional(headers) },
    )
    return { headers: { etag } }
  },
  GetObject: (request) => ranged(objectOf(request), request.headers),
  HeadObject: (request) => ranged(objectOf(request), request.headers),
  DeleteObject({ bucket, key }) {
    bucket.objects.delete(key)
    return { status: 204 }
  },
  DeleteObjects({ bucket, body }) {
    for (const key of textsOf(body, 'Key')) bucket.objects.delete(key)
    return xml('DeleteResult', {})
  },
  CopyObject(request) {
    const { bytes, headers } = originalOf(request)
    const { etag, changedAt } = putObject(request.bucket, request.key, { bytes, headers }, { onlyNew: false })
    return xml('CopyObjectResult', { ETag: etag, LastModified: changedAt.toISOString() })
  },
  ListObjectsV2({ bucket, query, pageSize }) {
    const prefix = query.get('prefix') ?? ''
    const token = query.get('continuation-token')
    const after = token === null ? '' : Buffer.from(token, 'base64').toString()
    const limit = Math.min(pageSize, Number(query.get('max-keys') ?? 1000))
    const { page, isTruncated } = pageOf(bucket.objects.keys(), prefix, after, limit)
    const Contents = page.map((Key) => ({ Key, ...listed(bucket.objects.get(Key)) }))
    const NextContinuationToken = isTruncated ? Buffer.from(page.at(-1) ?? '').toString('base64') : undefined
    return xml('ListBucketResult', { IsTruncated: isTruncated, NextContinuationToken, KeyCount: page.length, Contents })
  },
  CreateMultipartUpload({ bucket, bucketName, key, headers }) {
    const id = randomUUID()
    bucket.multiparts.set(id, { id, key, begun: new Date(), headers: kept(headers), parts: new Map() })
    return xml('InitiateMultipartUploadResult', { Bucket: bucketName, Key: key, UploadId: id })
  },
  UploadPart: (request) => ({ headers: { etag: addPart(request, request.body).etag } }),
  UploadPartCopy(request) {
    const [, start, end] = /^bytes=(\d+)-(\d+)$/.exec(String(request.headers['x-amz-copy-source-range'])) ?? []
    const { bytes } = originalOf(request)
    const part = addPart(request, start === undefined ? bytes : bytes.subarray(Number(start), Number(end) + 1))
    return xml('CopyPartResult', { ETag: part.etag, LastModified: part.changedAt.toISOString() })
  },
  CompleteMultipartUpload(request) {
    const { bucket, bucketName, key, body, headers } = request
    const multipart = multipartOf(request)
    const etags = textsOf(body, 'ETag')
    const parts = textsOf(body, 'PartNumber').map((number, index) => ({
      number: Number(number),
      etag: etags[index] ?? '',
    }))
    const { etag, ...object } = complete(multipart, parts)
    putObject(bucket, key, object, { onlyNew: isConditional(headers), etag })
    bucket.multiparts.delete(multipart.id)
    return xml('CompleteMultipartUploadResult', { Bucket: bucketName, Key: key, ETag: etag })
  },
  AbortMultipartUpload(request) {
    request.bucket.multiparts.delete(multipartOf(request).id)
    return { status: 204 }
  },
  ListMultipartUploads({ bucket, query, pageSize }) {
    const names = new Map([...bucket.multiparts.values()].map((one) => [`${one.key} ${one.id}`, one]))
    const after = query.has('key-marker') ? `${query.get('key-marker')} ${query.get('upload-id-marker') ?? '~'}` : ''
    const { page, isTruncated } = pageOf(names.keys(), query.get('prefix') ?? '', after, pageSize)
    const [NextKeyMarker, NextUploadIdMarker] = isTruncated ? (page.at(-1) ?? '').split(' ') : []
    const Upload = page
      .flatMap((name) => names.get(name) ?? [])
      .map(({ id, key, begun }) => {
        return { Key: key, UploadId: id, Initiated: begun.toISOString() }
      })
    return xml('ListMultipartUploadsResult', { IsTruncated: isTruncated, NextKeyMarker, NextUploadIdMarker, Upload })
  },
  ListParts(request) {
    const Part = [...multipartOf(request).parts].map(([PartNumber, { bytes, etag, changedAt }]) => {
      return { PartNumber, ETag: etag, Size: bytes.length, LastModified: changedAt.toISOString() }
    })
    return xml('ListPartsResult', { IsTruncated: false, Part })
  },
}

const listed = (object: StoredObject | undefined) => ({
  ...{ ETag: object?.etag, Size: object?.bytes.length, LastModified: object?.changedAt.toISOString() },
})

const isConditional = (headers: IncomingHttpHeaders) => headers['if-none-match'] === '*'

const kept = (headers: IncomingHttpHeaders): Record<string, string> =>
  Object.fromEntries(
    Object.entries(headers)
      .filter(([name]) => name === 'content-type' || name.startsWith('x-amz-meta-'))
      .map(([name, value]) => [name, String(value)]),
  )

function objectOf({ bucket, key }: S3Request): StoredObject {
  const object = bucket.objects.get(key)
  if (!object) throw new S3Error(404, 'NoSuchKey')
  return object
}

function multipartOf({ bucket, query, key }: S3Request): Multipart {
  const multipart = bucket.multiparts.get(query.get('uploadId') ?? '')
  if (multipart?.key !== key) throw new S3Error(404, 'NoSuchUpload')
  return multipart
}

function addPart(request: S3Request, bytes: Buffer) {
  const part = { bytes, etag: etagOf(bytes), changedAt: new Date() }
  multipartOf(request).parts.set(Number(request.query.get('partNumber')), part)
  return part
}

function originalOf(request: S3Request): StoredObject {
  const [, bucket = '', key = ''] =
    /^\/?([^/]+)\/(.+)$/.exec(decodeURIComponent(String(request.headers['x-amz-copy-source']))) ?? []
  const original = request.buckets.get(bucket)?.objects.get(key)
  if (!original) throw new S3Error(404, 'NoSuchKey')
  const wanted = request.headers['x-amz-copy-source-if-match']
  if (wanted !== undefined && wanted !== original.etag) throw new S3Error(412, 'PreconditionFailed')
  return original
}

function ranged({ bytes, etag, changedAt, headers }: StoredObject, wanted: IncomingHttpHeaders): Answer {
  if (wanted['if-match'] !== undefined && wanted['if-match'] !== etag) throw new S3Error(412, 'PreconditionFailed')
  const common = { ...headers, etag, 'last-modified': changedAt.toUTCString(), 'accept-ranges': 'bytes' }
  const [, from, to] = /^bytes=(\d+)-(\d*)$/.exec(wanted.range ?? '') ?? []
  if (from === undefined) return { headers: common, body: bytes }
  const [start, end] = [Number(from), to ? Math.min(Number(to), bytes.length - 1) : bytes.length - 1]
  if (start >= bytes.length) throw new S3Error(416, 'InvalidRange')
  const range = { 'content-range': `bytes ${start}-${end}/${bytes.length}` }
  return { status: 206, headers: { ...common, ...range }, body: bytes.subarray(start, end + 1) }
}
