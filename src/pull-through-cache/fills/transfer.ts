import type { Readable } from 'node:stream'
import { type BlobWriter, DigestMismatch, type GrowingBytes } from '../../registry/ports/blob-store.js'
import { type BlobResponse, UpstreamFailure } from '../../registry/ports/upstream.js'
import type { GrowingBlob } from './growing-blob.js'
import type { RecentBytes } from './recent-bytes.js'

/** A blob to be fetched from an upstream. */
export interface TransferRequest {
  readonly digest: string
  readonly size: number
  /** Requests the upstream's bytes from a position on. Throws UpstreamFailure. */
  openBody(from: number): Promise<BlobResponse>
}

/** Receives the progress of a transfer. */
export interface TransferProgress {
  readonly blob: GrowingBlob
  /** Called when the upstream begins to send. */
  readonly onStarted: (writer: Pick<BlobWriter, 'name'>) => void
  /** Called with the number of bytes of each chunk that comes from the upstream. */
  readonly onReceived: (bytes: number) => void
  /** Waits until the verified blob is to be stored. */
  readonly beforeStoring: () => Promise<void>
}

/** Bytes copied at a time from the transfer of a process that died. */
const CHUNK_BYTES = 256 * 1024
/** The upstream waits while this much is received and not written. */
const MAX_UNWRITTEN_BYTES = 1024 * 1024
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
  const file = { writer, recent: blob.readFrom(writer) }
  try {
    if (bytesLeft) await copy(bytesLeft, file, blob, size)
    let fruitless = 0
    for (let resumptions = 0; writer.size < size; resumptions++) {
      const before = writer.size
      const bodyError = await receive(request, file, progress)
      fruitless = writer.size > before ? 0 : fruitless + 1
      if (bodyError && (fruitless >= MAX_FRUITLESS || resumptions >= MAX_RESUMPTIONS)) throw brokenOff(bodyError)
    }
    await writer.verify(digest)
    blob.verified()
    await progress.beforeStoring()
    await writer.commit(digest)
  } catch (error) {
    await writer.abort()
    throw error instanceof DigestMismatch ? wrongContent(digest, error) : error
  }
}

/** The file of a transfer, and the bytes that are to be written to it. */
interface GrowingFile {
  readonly writer: BlobWriter
  readonly recent: RecentBytes
}

/** Copies the bytes that clients may have been sent. The digest is verified over these and all that follow. */
async function copy(bytesLeft: GrowingBytes, file: GrowingFile, blob: GrowingBlob, size: number): Promise<void> {
  while (blob.size < size) {
    const chunk = await bytesLeft.read(blob.size, Math.min(CHUNK_BYTES, size - blob.size))
    if (chunk.length === 0) return
    blob.arrived(chunk)
    await writeArrived(file)
  }
}

/**
 * Appends the bytes that the upstream sends, starting at the end of the file. Returns the error if the body breaks off.
 */
async function receive(
  request: TransferRequest,
  file: GrowingFile,
  progress: TransferProgress,
): Promise<Error | undefined> {
  const { size } = request
  const response = await request.openBody(file.writer.size)
  const { body } = response
  const { blob, onStarted, onReceived } = progress
  let writing = Promise.resolve()
  let isWriting = false

  /** Writes until the file has all that has arrived by then. */
  async function write() {
    isWriting = true
    await writeArrived(file, () => body.resume())
    isWriting = false
  }

  try {
    if (response.size !== undefined && response.size !== size) throw wrongLength(response.size, size)
    onStarted(file.writer)
    const bodyError = await new Promise<Error | undefined>((resolve, reject) => {
      body.on('data', (chunk: Buffer) => {
        if (blob.size + chunk.length > size) return reject(wrongLength(blob.size + chunk.length, size))
        onReceived(chunk.length)
        blob.arrived(chunk)
        response.reuse?.(chunk)
        if (file.recent.unwrittenBytes >= MAX_UNWRITTEN_BYTES) body.pause()
        if (!isWriting) (writing = write()).catch(reject)
      })
      whenEnded(body, resolve)
    })
    await writing
    return bodyError ?? (blob.size < size ? endedEarly() : undefined)
  } finally {
    body.destroy()
    await writing.catch(() => {})
  }
}

/** Calls `report` when a body ends, with the error if it broke off. One that failed before has no more events. */
function whenEnded(body: Readable, report: (error?: Error) => void): void {
  if (body.destroyed) return report(body.errored ?? endedEarly())
  body
    .once('error', report)
    .once('end', () => report())
    .once('close', () => report(endedEarly()))
}

/** Writes what has arrived and is still arriving; `onRoom` is called when there is room for more. */
async function writeArrived({ writer, recent }: GrowingFile, onRoom = () => {}): Promise<void> {
  for (let piece = recent.unwritten(); piece; piece = recent.unwritten()) {
    await writer.append(piece)
    recent.written(piece.length)
    if (recent.unwrittenBytes < MAX_UNWRITTEN_BYTES) onRoom()
  }
}

const endedEarly = () => new UpstreamFailure('unavailable', 'The upstream ended a layer early')

const brokenOff = (cause: Error) =>
  new UpstreamFailure('unavailable', `The upstream repeatedly broke off a layer: ${cause.message}`)

const wrongContent = (digest: string, { message }: DigestMismatch) =>
  new UpstreamFailure('unavailable', `The upstream sent wrong bytes for the layer ${digest}: ${message}`)

const wrongLength = (actual: number, size: number) =>
  new UpstreamFailure('unavailable', `The upstream sends ${actual} bytes of a layer whose manifest says ${size}`)
