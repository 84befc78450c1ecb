import type { Readable } from 'node:stream'
import type { BlobStore, BlobWriter, ByteRange, TakeChunk } from '../registry/ports/blob-store.js'
import { UpstreamFailure } from '../registry/ports/upstream.js'

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
/** How often a transfer that breaks off is taken up again. */
const MAX_RESUMPTIONS = 10

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

/** How far a transfer has come, and those who wait for it to get further. */
interface Growth {
  readonly writer: BlobWriter | undefined
  /** Bytes that may be read from the writer. */
  readonly readable: number
  readonly outcome: 'kept' | Error | undefined
  begin(writer: BlobWriter): void
  /** Bytes that have just been appended. */
  advance(chunk: Buffer): void
  end(outcome: unknown): void
  further(): Promise<void>
  read(position: number, length: number): Promise<Buffer>
  /** Resolves once nobody reads from the writer any more; nobody starts to. */
  quiesce(): Promise<void>
}

const NOTHING: { readonly start: number; readonly chunk: Buffer } = { start: 0, chunk: Buffer.alloc(0) }

function newGrowth(): Growth {
  const waiting: (() => void)[] = []
  const reads = new Set<Promise<Buffer>>()
  let latest = NOTHING
  const wake = () => waiting.splice(0).forEach((resolve) => resolve())
  const state = {
    writer: undefined as BlobWriter | undefined,
    readable: 0,
    outcome: undefined as 'kept' | Error | undefined,
    begin: (writer: BlobWriter) => void (state.writer = writer),
    advance(chunk: Buffer) {
      latest = { start: state.readable, chunk }
      state.readable += chunk.length
      wake()
    },
    end(outcome: unknown) {
      state.outcome = outcome === 'kept' || outcome instanceof Error ? outcome : new Error(String(outcome))
      wake()
    },
    further: () => new Promise<void>((resolve) => waiting.push(resolve)),
    async read(position: number, length: number) {
      const { start, chunk } = latest
      if (position >= start && position < start + chunk.length)
        return chunk.subarray(position - start, position - start + length)
      if (!state.writer) return Buffer.alloc(0)
      const read = state.writer.read(position, length)
      reads.add(read)
      return read.finally(() => reads.delete(read))
    },
    async quiesce() {
      state.readable = 0
      latest = NOTHING
      await Promise.allSettled(reads)
    },
  }
  return state
}

async function transfer(request: FillRequest, blobs: BlobStore, growth: Growth, started: () => void): Promise<void> {
  const { digest, size } = request
  if ((await blobs.size(digest)) !== undefined) return
  const writer = await blobs.create()
  growth.begin(writer)
  try {
    for (let resumptions = 0; writer.size < size; resumptions++) {
      const broken = await receive(request, writer, growth, started)
      if (broken && resumptions >= MAX_RESUMPTIONS) throw broken
    }
    await growth.quiesce()
    await writer.commit(digest)
  } catch (error) {
    await growth.quiesce()
    await writer.abort()
    throw error
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
  try {
    if (announced !== undefined && announced !== size) throw wrongLength(announced, size)
    started()
    for (;;) {
      const { chunk, broken } = await nextChunk(chunks)
      if (broken) return broken
      if (!chunk)
        return writer.size < size ? new UpstreamFailure('unavailable', 'The upstream ended a layer early') : undefined
      if (writer.size + chunk.length > size) throw wrongLength(writer.size + chunk.length, size)
      await writer.append(chunk)
      growth.advance(chunk)
    }
  } finally {
    body.destroy()
  }
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
    const available = Math.min(growth.readable, end) - position
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
