import { GetObjectCommand, type GetObjectCommandOutput, HeadObjectCommand } from '@aws-sdk/client-s3'
import type { Readable } from 'node:stream'
import { type ByteRange, BlobsUnavailable } from '../../registry/ports/blob-store.js'
import { orUnavailable, orUndefined, unavailable } from './response-mapping.js'
import type { Bucket } from './bucket.js'

/** How often in a row S3 may break a body off without having sent a byte of it. */
const MAX_FRUITLESS = 3

/** What there is to know of an object without reading it. */
export const headOf = (bucket: Bucket, key: string) =>
  orUndefined(bucket.client.send(new HeadObjectCommand({ Bucket: bucket.name, Key: key })))

/** Which bytes: all of them where no range is given, of this very version of the object where its ETag is. */
export interface Wanted {
  readonly range?: ByteRange
  readonly etag?: string
}

/**
 * The bytes of an object in chunks, or undefined where there is none. A body that breaks off or stops is asked for again from
 * where it stood; fewer bytes than were wanted are never passed on as all of them: BlobsUnavailable is thrown instead.
 */
export async function bytesOf(
  bucket: Bucket,
  key: string,
  { range, etag }: Wanted = {},
): Promise<AsyncGenerator<Buffer, void> | undefined> {
  const get = (from: number | undefined, to: number | undefined) =>
    bucket.client.send(
      new GetObjectCommand({
        ...{ Bucket: bucket.name, Key: key, IfMatch: etag },
        Range: from === undefined ? undefined : `bytes=${from}-${to}`,
      }),
    )
  const first = await orUndefined(get(range?.start, range?.end))
  if (!first) return undefined
  const start = range?.start ?? 0
  const end = range?.end ?? (first.ContentLength ?? 0) - 1
  return resumed({ start, end }, bodyOf(first, { start, end }), async (from) =>
    bodyOf(await orUnavailable(get(from, end)), { start: from, end }),
  )
}

/** The whole of a small object. */
export async function wholeOf(bucket: Bucket, key: string, wanted: Wanted = {}): Promise<Buffer | undefined> {
  const chunks = await bytesOf(bucket, key, wanted)
  if (!chunks) return undefined
  const whole: Buffer[] = []
  for await (const chunk of chunks) whole.push(chunk)
  return Buffer.concat(whole)
}

async function* resumed(
  { start, end }: ByteRange,
  first: Readable,
  again: (from: number) => Promise<Readable>,
): AsyncGenerator<Buffer, void> {
  let body = first
  let position = start
  for (let fruitless = 0; ;) {
    const before = position
    let broken: unknown
    const chunks = (body as AsyncIterable<Buffer>)[Symbol.asyncIterator]()
    try {
      for (;;) {
        const next = await chunks.next().catch((error: unknown) => void (broken = error))
        if (!next || next.done || position + next.value.length > end + 1) break
        position += next.value.length
        yield next.value
      }
    } finally {
      body.destroy()
    }
    if (position > end) return
    fruitless = position > before ? 0 : fruitless + 1
    if (fruitless >= MAX_FRUITLESS) throw unavailable(broken ?? new Error('it ends objects before their length'))
    body = await again(position)
  }
}

/** A server that answers with other bytes than those it was asked for is not believed. */
function bodyOf({ Body, ContentLength }: GetObjectCommandOutput, { start, end }: ByteRange): Readable {
  const body = Body as Readable
  // The SDK leaves a body alone once it is handed over: an error between two reads would be unhandled.
  body.on('error', () => {})
  if (ContentLength === end - start + 1) return body
  body.destroy()
  throw new BlobsUnavailable(`The object store sends ${ContentLength} bytes where ${end - start + 1} were asked for`)
}
