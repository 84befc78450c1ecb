import type { Readable } from 'node:stream'
import {
  type BlobStore,
  type BlobWriter,
  type ByteRange,
  DigestMismatch,
  type TakeChunk,
} from '../../registry/ports/blob-store.js'
import { UpstreamFailure } from '../../registry/ports/upstream.js'
import { type Growth, newGrowth } from './growth.js'

/** A blob on its way from the upstream into the cache, readable by any number of clients while it grows. */
export interface Fill {
  readonly size: number
  /** Resolves when the upstream begins to send; rejects with its failure before any client has seen a byte. */
  readonly started: Promise<void>
  /** Resolves when the blob is verified and kept; rejects when nothing was kept. */
  readonly done: Promise<void>
  /** Hands over a range's bytes as they arrive, the last one when the digest is verified; false when they are gone again. */
  send(range: ByteRange, take: TakeChunk): Promise<boolean>
}

/** What is to be fetched, and how: `openBody` gives the upstream's bytes from a position on. */
export interface FillRequest {
  readonly digest: string
  readonly size: number
  openBody(from: number): Promise<{ size: number | undefined; body: Readable }>
}

/** What one client may hold in memory: the bytes read ahead of it. */
const CHUNK_BYTES = 256 * 1024
/** How often in a row a transfer may break off without a byte, and how often at all. */
const MAX_FRUITLESS = 3
const MAX_RESUMPTIONS = 100

/**
 * Starts to fill the cache with one blob. It goes on though every client leaves. A digest that does not match, a wrong
 * length, or an upstream that fails for good keeps nothing and breaks the clients' streams off.
 */
export function startFill(request: FillRequest, blobs: BlobStore): Fill {
  const growth = newGrowth()
  let tellStarted: () => void = () => {}
  const begun = new Promise<void>((resolve) => (tellStarted = resolve))
  const done = transfer(request, blobs, growth, tellStarted).then(
    () => growth.end('kept'),
    (error: unknown) => {
      growth.end(error)
      throw error
    },
  )
  const started = Promise.race([begun, done])
  for (const unheard of [started, done]) unheard.catch(() => {})

  return {
    size: request.size,
    started,
    done,
    send: (range, take) => sendAsItComes(range, take, request.digest, growth, blobs),
  }
}

async function transfer(request: FillRequest, blobs: BlobStore, growth: Growth, started: () => void): Promise<void> {
  const { digest, size } = request
  if ((await blobs.size(digest)) !== undefined) return
  const writer = await blobs.create()
  growth.begin(writer)
  try {
    let fruitless = 0
    for (let resumptions = 0; writer.size < size; resumptions++) {
      const before = writer.size
      const broken = await receive(request, writer, growth, started)
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

/** Takes in what the upstream sends from where we stand; answers the fault of a body that broke off. */
async function receive(
  request: FillRequest,
  writer: BlobWriter,
  growth: Growth,
  started: () => void,
): Promise<Error | undefined> {
  const { size } = request
  const { size: announced, body } = await request.openBody(writer.size)
  const chunks = (body as AsyncIterable<Buffer>)[Symbol.asyncIterator]()
  let appending = Promise.resolve()
  try {
    if (announced !== undefined && announced !== size) throw wrongLength(announced, size)
    started()
    for (;;) {
      const { chunk, broken } = await nextChunk(chunks)
      await appending
      if (broken) return broken
      if (!chunk)
        return writer.size < size ? new UpstreamFailure('unavailable', 'The upstream ended a layer early') : undefined
      if (writer.size + chunk.length > size) throw wrongLength(writer.size + chunk.length, size)
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

/** Clients that keep up are given the very bytes that came; those who lag read the file. */
async function sendAsItComes(
  { start, end }: ByteRange,
  take: TakeChunk,
  digest: string,
  growth: Growth,
  blobs: BlobStore,
): Promise<boolean> {
  for (let position = start; position <= end;) {
    if (growth.outcome === 'kept') return blobs.send(digest, { start: position, end }, take)
    if (growth.outcome) throw growth.outcome
    const available = growth.available(position, end)
    if (available <= 0) {
      await growth.further()
      continue
    }
    const chunk = await growth.read(position, Math.min(CHUNK_BYTES, available))
    position += chunk.length
    await take(chunk)
  }
  return true
}
