import type { Readable } from 'node:stream'
import { type BlobStore, type BlobWriter, DigestMismatch, type GrowingBytes } from '../../registry/ports/blob-store.js'
import { UpstreamFailure } from '../../registry/ports/upstream.js'
import type { Growth } from './growing-blob.js'

/** What is to be fetched, and how: `openBody` gives the upstream's bytes from a position on. */
export interface TransferRequest {
  readonly digest: string
  readonly size: number
  openBody(from: number): Promise<{ size: number | undefined; body: Readable }>
}

/** Who watches a transfer. */
export interface Watching {
  readonly growth: Growth
  /** Told when the upstream begins to send. */
  readonly started: (writer: Pick<BlobWriter, 'name'>) => void
  /** Called with the number of bytes that came from the upstream, as they come. */
  readonly received: (bytes: number) => void
}

/** Bytes copied at a time from where a transfer died. */
const CHUNK_BYTES = 256 * 1024
/** How often in a row a transfer may break off without a byte, and how often at all. */
const MAX_FRUITLESS = 3
const MAX_RESUMPTIONS = 100

/**
 * Brings a blob from the upstream and keeps it once its digest is verified. Goes on from `left`, the bytes of a transfer
 * whose process died. Throws UpstreamFailure, NoSpace, BlobsUnavailable, and keeps nothing.
 */
export async function transfer(
  request: TransferRequest,
  blobs: Pick<BlobStore, 'create'>,
  watching: Watching,
  left?: GrowingBytes,
): Promise<void> {
  const { digest, size } = request
  const { growth } = watching
  const writer = await blobs.create()
  growth.begin(writer)
  try {
    if (left) await copy(left, writer, growth, size)
    let fruitless = 0
    for (let resumptions = 0; writer.size < size; resumptions++) {
      const before = writer.size
      const broken = await receive(request, writer, watching)
      fruitless = writer.size > before ? 0 : fruitless + 1
      if (broken && (fruitless >= MAX_FRUITLESS || resumptions >= MAX_RESUMPTIONS)) throw brokenOff(broken)
    }
    await writer.verify(digest)
    growth.verified()
    await writer.commit(digest)
  } catch (error) {
    await writer.abort()
    throw error instanceof DigestMismatch ? wrongContent(digest, error) : error
  }
}

/** What clients were given of these bytes is verified together with what follows. */
async function copy(left: GrowingBytes, writer: BlobWriter, growth: Growth, size: number): Promise<void> {
  while (writer.size < size) {
    const chunk = await left.read(writer.size, Math.min(CHUNK_BYTES, size - writer.size))
    if (chunk.length === 0) return
    await writer.append(chunk)
    growth.advance(chunk)
  }
}

/** Takes in what the upstream sends from where we stand; answers the fault of a body that broke off. */
async function receive(
  request: TransferRequest,
  writer: BlobWriter,
  { growth, started, received }: Watching,
): Promise<Error | undefined> {
  const { size } = request
  const { size: announced, body } = await request.openBody(writer.size)
  const chunks = (body as AsyncIterable<Buffer>)[Symbol.asyncIterator]()
  let appending = Promise.resolve()
  try {
    if (announced !== undefined && announced !== size) throw wrongLength(announced, size)
    started(writer)
    for (;;) {
      const { chunk, broken } = await nextChunk(chunks)
      await appending
      if (broken) return broken
      if (!chunk)
        return writer.size < size ? new UpstreamFailure('unavailable', 'The upstream ended a layer early') : undefined
      if (writer.size + chunk.length > size) throw wrongLength(writer.size + chunk.length, size)
      received(chunk.length)
      appending = append(chunk, writer, growth)
    }
  } finally {
    body.destroy()
    await appending.catch(() => {})
  }
}

/** Runs while the next chunk is on its way; a fault shows when it is awaited. */
function append(chunk: Buffer, writer: BlobWriter, growth: Growth): Promise<void> {
  const appended = writer.append(chunk).then(() => growth.advance(chunk))
  appended.catch(() => {})
  return appended
}

/** Tells a body that broke off, which can be taken up again, from a disk that failed, which cannot. */
async function nextChunk(chunks: AsyncIterator<Buffer>): Promise<{ chunk?: Buffer; broken?: Error }> {
  try {
    const next = await chunks.next()
    return next.done ? {} : { chunk: next.value }
  } catch (broken) {
    return { broken: broken as Error }
  }
}

const brokenOff = (cause: Error) =>
  new UpstreamFailure('unavailable', `The upstream broke a layer off again and again: ${cause.message}`)

const wrongContent = (digest: string, { message }: DigestMismatch) =>
  new UpstreamFailure('unavailable', `The upstream sent something else for the layer ${digest}: ${message}`)

const wrongLength = (got: number, size: number) =>
  new UpstreamFailure('unavailable', `The upstream sends ${got} bytes of a layer whose manifest says ${size}`)
