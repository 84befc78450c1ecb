import { GetObjectCommand, type GetObjectCommandOutput, HeadObjectCommand } from '@aws-sdk/client-s3'
import type { Readable } from 'node:stream'
import { type ByteRange, BlobsUnavailable } from '../../registry/ports/blob-store.js'
import { orUnavailable, orUndefined, unavailable } from './response-mapping.js'
import type { Bucket } from './bucket.js'

/** How many times in succession S3 may break off a response without having sent a byte of it. */
const MAX_EMPTY_RESPONSES = 3

/** The metadata of an object; undefined if it does not exist. */
export const headOf = (bucket: Bucket, key: string) =>
  orUndefined(bucket.client.send(new HeadObjectCommand({ Bucket: bucket.name, Key: key })))

/** Restricts a read to a range, and to the version of the object with this ETag. */
export interface ReadOptions {
  readonly range?: ByteRange
  readonly etag?: string
}

/**
 * The bytes of an object in chunks; undefined if it does not exist. After an interrupted or stalled response, the rest
 * is requested again. Fewer bytes than requested are never passed on as complete: BlobsUnavailable is thrown instead.
 */
export async function bytesOf(
  bucket: Bucket,
  key: string,
  { range, etag }: ReadOptions = {},
): Promise<AsyncGenerator<Buffer, void> | undefined> {
  const get = (from: number | undefined, to: number | undefined) =>
    bucket.client.send(
      new GetObjectCommand({
        Bucket: bucket.name,
        Key: key,
        IfMatch: etag,
        Range: from === undefined ? undefined : `bytes=${from}-${to}`,
      }),
    )
  const first = await orUndefined(get(range?.start, range?.end))
  if (!first) return undefined
  const start = range?.start ?? 0
  const end = range?.end ?? (first.ContentLength ?? 0) - 1
  return withRetries({ start, end }, bodyOf(first, { start, end }), async (from) =>
    bodyOf(await orUnavailable(get(from, end)), { start: from, end }),
  )
}

/** The content of a small object. */
export async function wholeOf(bucket: Bucket, key: string, options: ReadOptions = {}): Promise<Buffer | undefined> {
  const chunks = await bytesOf(bucket, key, options)
  if (!chunks) return undefined
  const whole: Buffer[] = []
  for await (const chunk of chunks) whole.push(chunk)
  return Buffer.concat(whole)
}

async function* withRetries(
  { start, end }: ByteRange,
  first: Readable,
  requestFrom: (from: number) => Promise<Readable>,
): AsyncGenerator<Buffer, void> {
  let body = first
  let position = start
  for (let emptyResponses = 0; ;) {
    const responseStart = position
    let failure: unknown
    const chunks = (body as AsyncIterable<Buffer>)[Symbol.asyncIterator]()
    try {
      for (;;) {
        const next = await chunks.next().catch((error: unknown) => void (failure = error))
        if (!next || next.done || position + next.value.length > end + 1) break
        position += next.value.length
        yield next.value
      }
    } finally {
      body.destroy()
    }
    if (position > end) return
    emptyResponses = position > responseStart ? 0 : emptyResponses + 1
    if (emptyResponses >= MAX_EMPTY_RESPONSES)
      throw unavailable(failure ?? new Error('its responses are shorter than the objects'))
    body = await requestFrom(position)
  }
}

/** The body of a response. Throws BlobsUnavailable if its length is not that of the requested range. */
function bodyOf({ Body, ContentLength }: GetObjectCommandOutput, { start, end }: ByteRange): Readable {
  const body = Body as Readable
  // The SDK does not handle errors of a body that it has returned: without a listener, an error between two reads would
  // end the process.
  body.on('error', () => {})
  if (ContentLength === end - start + 1) return body
  body.destroy()
  throw new BlobsUnavailable(`The object store sent ${ContentLength} bytes instead of ${end - start + 1}`)
}
