import { createHash } from 'node:crypto'
import { S3Error } from './s3-server-answers.js'

export interface StoredObject {
  readonly bytes: Buffer
  readonly etag: string
  readonly changedAt: Date
  /** `content-type` and `x-amz-meta-…`. */
  readonly headers: Record<string, string>
}

interface Part {
  readonly bytes: Buffer
  readonly etag: string
  readonly changedAt: Date
}

export interface Multipart {
  readonly id: string
  readonly key: string
  readonly begun: Date
  readonly headers: Record<string, string>
  readonly parts: Map<number, Part>
}

export interface BucketState {
  readonly objects: Map<string, StoredObject>
  readonly multiparts: Map<string, Multipart>
}

export const emptyBucket = (): BucketState => ({ objects: new Map(), multiparts: new Map() })

/** The minimum size of every part but the last: https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html */
const LEAST_PART = 5 * 1024 * 1024

export const etagOf = (bytes: Buffer) => `"${createHash('md5').update(bytes).digest('hex')}"`

/** Stores an object, unless it exists and the client does not want to replace it. */
export function putObject(
  { objects }: BucketState,
  key: string,
  object: Pick<StoredObject, 'bytes' | 'headers'>,
  { onlyNew, etag = etagOf(object.bytes) }: { onlyNew: boolean; etag?: string },
): StoredObject {
  if (onlyNew && objects.has(key)) throw new S3Error(412, 'PreconditionFailed')
  const stored = { ...object, etag, changedAt: new Date() }
  objects.set(key, stored)
  return stored
}

/** Joins the parts that a client lists. Throws S3Error if parts are missing, out of order or too small. */
export function complete(multipart: Multipart, listed: readonly { number: number; etag: string }[]) {
  const parts = listed.map(({ number, etag }, index) => {
    const part = multipart.parts.get(number)
    if (part?.etag.replaceAll('"', '') !== etag.replaceAll('"', '')) throw new S3Error(400, 'InvalidPart')
    if (number <= (listed[index - 1]?.number ?? 0)) throw new S3Error(400, 'InvalidPartOrder')
    if (part.bytes.length < LEAST_PART && index < listed.length - 1) throw new S3Error(400, 'EntityTooSmall')
    return part
  })
  const md5s = parts.map(({ etag }) => Buffer.from(etag.replaceAll('"', ''), 'hex'))
  const etag = `${etagOf(Buffer.concat(md5s)).slice(0, -1)}-${parts.length}"`
  return { bytes: Buffer.concat(parts.map(({ bytes }) => bytes)), headers: multipart.headers, etag }
}

/** A page of names after a marker. */
export function pageOf(names: Iterable<string>, prefix: string, after: string, limit: number) {
  const all = [...names].filter((name) => name.startsWith(prefix) && name > after).sort()
  return { page: all.slice(0, limit), isTruncated: all.length > limit }
}
