import { LRUCache } from 'lru-cache'
import type { BlobWriter, GrowingBytes, TakeChunk } from '../../registry/ports/blob-store.js'
import { type RecentBytes, recentBytes } from './recent-bytes.js'

/** The bytes of a blob that have arrived so far. One transfer appends to them, and any number of clients read them. */
export interface GrowingBlob {
  /** Undefined while bytes may still arrive. */
  readonly outcome: 'stored' | Error | undefined
  /** Bytes that have arrived so far. */
  readonly size: number
  /** Sets the source that bytes are read from, and resets the size: a transfer that takes over has bytes of its own. */
  readFrom(bytes: Pick<BlobWriter | GrowingBytes, 'read'>): RecentBytes
  /** Called with each chunk that this process receives. The chunk may be reused afterwards. */
  arrived(chunk: Uint8Array): void
  /** Called when another process has appended bytes up to this size. */
  grewTo(size: number): void
  /** Called when the digest is verified: the last byte may be sent, though the blob is not durable yet. */
  verified(): void
  end(outcome: unknown): void
  /** Resolves when more bytes may be sent, or the transfer has ended. */
  changed(): Promise<void>
  /** How many bytes from `position` to `end` may be sent now; the byte at `end` waits until the digest is verified. */
  available(position: number, end: number): number
  /** Passes at most `length` bytes from `position` on to `take`, and returns how many. */
  pass(position: number, length: number, take: TakeChunk): Promise<number>
}

/**
 * Creates a blob without bytes. The latest bytes stay in memory, so that clients that keep up need not read the file.
 */
export function growingBlob(expectedSize: number): GrowingBlob {
  let read: GrowingBytes['read'] = async () => Buffer.alloc(0)
  let [recent, isVerified] = [recentBytes(expectedSize), false]
  const changes = notifier()
  const blob = {
    outcome: undefined as 'stored' | Error | undefined,
    size: 0,
    readFrom(bytes: Pick<BlobWriter | GrowingBytes, 'read'>) {
      read = sharedReads(bytes, expectedSize)
      blob.size = 0
      recent = recentBytes(expectedSize)
      return recent
    },
    arrived(chunk: Uint8Array) {
      recent.append(chunk)
      blob.size += chunk.length
      changes.notifySoon()
    },
    grewTo(size: number) {
      blob.size = Math.max(blob.size, size)
      changes.notify()
    },
    verified() {
      isVerified = true
      changes.notify()
    },
    end(outcome: unknown) {
      blob.outcome = outcome === 'stored' || outcome instanceof Error ? outcome : new Error(String(outcome))
      changes.notify()
    },
    changed: () => changes.next(),
    available: (position: number, end: number) => Math.min(blob.size, isVerified ? end + 1 : end) - position,
    pass: (position: number, length: number, take: TakeChunk) =>
      recent.pass(position, length, take) ?? passRead(read, position, length, take),
  }
  return blob
}

async function passRead(
  read: GrowingBytes['read'],
  position: number,
  length: number,
  take: TakeChunk,
): Promise<number> {
  const chunk = await read(position, length)
  await take(chunk)
  return chunk.length
}

/** Bytes of the file that are read at a time. */
const PIECE_BYTES = 256 * 1024
/** How many pieces stay in memory for clients that are a little behind. */
const KEPT_PIECES = 8

/** Reads bytes of the file, once for all clients that are at about the same place. */
function sharedReads({ read }: Pick<GrowingBytes, 'read'>, size: number): GrowingBytes['read'] {
  const pieces = new LRUCache<number, Promise<Buffer>>({ max: KEPT_PIECES })
  return async (position, length) => {
    const start = position - (position % PIECE_BYTES)
    const pieceLength = Math.min(PIECE_BYTES, size - start)
    const reading = pieces.get(start) ?? read(start, pieceLength)
    pieces.set(start, reading)
    const piece = await reading.catch(() => Buffer.alloc(0))
    // The file does not have all of it yet, or the read failed.
    if (piece.length < pieceLength && pieces.get(start) === reading) pieces.delete(start)
    const bytes = piece.subarray(position - start, position - start + length)
    return bytes.length > 0 ? bytes : read(position, length)
  }
}

/** Wakes all callers that wait for the next change. */
function notifier() {
  let waiting: (() => void)[] = []
  let isScheduled = false
  const notify = () => {
    const woken = waiting
    waiting = []
    for (const wake of woken) wake()
  }
  return {
    next: () => new Promise<void>((resolve) => waiting.push(resolve)),
    notify,
    /** Wakes them when all that has arrived is read, so that many clients get few large pieces. */
    notifySoon() {
      if (isScheduled) return
      isScheduled = true
      setImmediate(() => {
        isScheduled = false
        notify()
      })
    },
  }
}
