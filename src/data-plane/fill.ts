import { Readable } from 'node:stream'
import type { BlobStore, BlobWriter, ByteRange } from '../registry/ports/blob-store.js'
import { UpstreamFailure } from '../registry/ports/upstream.js'

/** A blob on its way from the upstream into the cache, readable by any number of clients while it grows. */
export interface Fill {
  readonly size: number
  /** Resolves when the upstream begins to send; rejects with its failure before any client has seen a byte. */
  readonly started: Promise<void>
  /** Resolves when the blob is verified and kept; rejects when nothing was kept. */
  readonly done: Promise<void>
  /** A range's bytes as they arrive; the last one waits until the digest is verified. */
  open(range: ByteRange): Readable
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
    open: (range) =>
      Readable.from(bytesOf(range, request.digest, growth, blobs), { objectMode: false, highWaterMark: CHUNK_BYTES }),
  }
}

/** How far a transfer has come, and those who wait for it to get further. */
interface Growth {
  readonly writer: BlobWriter | undefined
  /** Bytes that may be read from the writer. */
  readonly readable: number
  readonly outcome: 'kept' | Error | undefined
  begin(writer: BlobWriter): void
  advance(readable: number): void
  end(outcome: unknown): void
  further(): Promise<void>
  read(position: number, length: number): Promise<Buffer>
  /** Resolves once nobody reads from the writer any more; nobody starts to. */
  quiesce(): Promise<void>
}

function newGrowth(): Growth {
  let waiting: (() => void)[] = []
  const reads = new Set<Promise<Buffer>>()
  const wake = () => {
    const woken = waiting
    waiting = []
    for (const resolve of woken) resolve()
  }
  const state = {
    writer: undefined as BlobWriter | undefined,
    readable: 0,
    outcome: undefined as 'kept' | Error | undefined,
    begin: (writer: BlobWriter) => void (state.writer = writer),
    advance(readable: number) {
      state.readable = readable
      wake()
    },
    end(outcome: unknown) {
      state.outcome = outcome === 'kept' || outcome instanceof Error ? outcome : new Error(String(outcome))
      wake()
    },
    further: () => new Promise<void>((resolve) => waiting.push(resolve)),
    async read(position: number, length: number) {
      if (!state.writer) return Buffer.alloc(0)
      const read = state.writer.read(position, length)
      reads.add(read)
      return read.finally(() => reads.delete(read))
    },
    async quiesce() {
      state.readable = 0
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
      growth.advance(writer.size)
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

async function* bytesOf({ start, end }: ByteRange, digest: string, growth: Growth, blobs: BlobStore) {
  let position = start
  while (position <= end) {
    if (growth.outcome === 'kept') return yield* kept(await blobs.open(digest, { start: position, end }), digest)
    if (growth.outcome) throw growth.outcome
    const available = Math.min(growth.readable, end) - position
    if (available <= 0) {
      await growth.further()
      continue
    }
    const chunk = await growth.read(position, Math.min(CHUNK_BYTES, available))
    position += chunk.length
    yield chunk
  }
}

async function* kept(blob: Readable | undefined, digest: string): AsyncGenerator<Buffer, void> {
  if (!blob) throw new Error(`the layer ${digest} was removed while it was being sent`)
  yield* blob as AsyncIterable<Buffer>
}
