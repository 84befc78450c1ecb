import type { Readable } from 'node:stream'
import { type BlobWriter, DigestMismatch, type GrowingBytes } from '../../registry/ports/blob-store.js'
import { UpstreamFailure } from '../../registry/ports/upstream.js'
import type { GrowingBlob } from './growing-blob.js'

/** A blob to be fetched from an upstream. */
export interface TransferRequest {
  readonly digest: string
  readonly size: number
  /** Requests the upstream's bytes from a position on. Throws UpstreamFailure. */
  openBody(from: number): Promise<{ size: number | undefined; body: Readable }>
}

/** Receives the progress of a transfer. */
export interface TransferProgress {
  readonly blob: GrowingBlob
  /** Called when the upstream begins to send. */
  readonly onStarted: (writer: Pick<BlobWriter, 'name'>) => void
  /** Called with the number of bytes of each chunk that comes from the upstream. */
  readonly onReceived: (bytes: number) => void
}

/** Bytes copied at a time from the transfer of a process that died. */
const CHUNK_BYTES = 256 * 1024
/** How many times in a row a body may break off without a byte, and how many times in all. */
const MAX_FRUITLESS = 3
const MAX_RESUMPTIONS = 100

/**
 * Fetches a blob from the upstream and stores it once its digest is verified. A body that breaks off is resumed where
 * it ended. `bytesLeft` are those of a transfer whose process died, from which this one continues. Throws
 * UpstreamFailure, NoSpace or BlobsUnavailable, and then stores nothing.
 */
export async function transfer(
  request: TransferRequest,
  creating: Promise<BlobWriter>,
  progress: TransferProgress,
  bytesLeft?: GrowingBytes,
): Promise<void> {
  const { digest, size } = request
  const { blob } = progress
  const writer = await creating
  blob.readFrom(writer)
  try {
    if (bytesLeft) await copy(bytesLeft, writer, blob, size)
    let fruitless = 0
    for (let resumptions = 0; writer.size < size; resumptions++) {
      const before = writer.size
      const bodyError = await receive(request, writer, progress)
      fruitless = writer.size > before ? 0 : fruitless + 1
      if (bodyError && (fruitless >= MAX_FRUITLESS || resumptions >= MAX_RESUMPTIONS)) throw brokenOff(bodyError)
    }
    await writer.verify(digest)
    blob.verified()
    await writer.commit(digest)
  } catch (error) {
    await writer.abort()
    throw error instanceof DigestMismatch ? wrongContent(digest, error) : error
  }
}

/** Copies the bytes that clients may have been sent. The digest is verified over these and all that follow. */
async function copy(bytesLeft: GrowingBytes, writer: BlobWriter, blob: GrowingBlob, size: number): Promise<void> {
  while (writer.size < size) {
    const chunk = await bytesLeft.read(writer.size, Math.min(CHUNK_BYTES, size - writer.size))
    if (chunk.length === 0) return
    await writer.append(chunk)
    blob.appended(chunk)
  }
}

/**
 * Appends the bytes that the upstream sends, starting at the end of `writer`. Returns the error if the body breaks off.
 */
async function receive(
  request: TransferRequest,
  writer: BlobWriter,
  { blob, onStarted, onReceived }: TransferProgress,
): Promise<Error | undefined> {
  const { size } = request
  const { size: announcedSize, body } = await request.openBody(writer.size)
  const chunks = (body as AsyncIterable<Buffer>)[Symbol.asyncIterator]()
  let appending = Promise.resolve()
  try {
    if (announcedSize !== undefined && announcedSize !== size) throw wrongLength(announcedSize, size)
    onStarted(writer)
    for (;;) {
      const { chunk, bodyError } = await nextChunk(chunks)
      await appending
      if (bodyError) return bodyError
      if (!chunk)
        return writer.size < size ? new UpstreamFailure('unavailable', 'The upstream ended a layer early') : undefined
      if (writer.size + chunk.length > size) throw wrongLength(writer.size + chunk.length, size)
      onReceived(chunk.length)
      appending = append(chunk, writer, blob)
    }
  } finally {
    body.destroy()
    await appending.catch(() => {})
  }
}

/**
 * Appends a chunk while the next one is being received. A failure is thrown where the promise is awaited, so it is
 * marked as handled here.
 */
function append(chunk: Buffer, writer: BlobWriter, blob: GrowingBlob): Promise<void> {
  const appending = writer.append(chunk).then(() => blob.appended(chunk))
  appending.catch(() => {})
  return appending
}

/**
 * The next chunk, or the error of a body that broke off, which can be resumed. Errors of the disk, which cannot, are
 * thrown elsewhere.
 */
async function nextChunk(chunks: AsyncIterator<Buffer>): Promise<{ chunk?: Buffer; bodyError?: Error }> {
  try {
    const next = await chunks.next()
    return next.done ? {} : { chunk: next.value }
  } catch (error) {
    return { bodyError: error as Error }
  }
}

const brokenOff = (cause: Error) =>
  new UpstreamFailure('unavailable', `The upstream repeatedly broke off a layer: ${cause.message}`)

const wrongContent = (digest: string, { message }: DigestMismatch) =>
  new UpstreamFailure('unavailable', `The upstream sent wrong bytes for the layer ${digest}: ${message}`)

const wrongLength = (actual: number, size: number) =>
  new UpstreamFailure('unavailable', `The upstream sends ${actual} bytes of a layer whose manifest says ${size}`)
