import type { BlobWriter, GrowingBytes } from '../../registry/ports/blob-store.js'

/** The bytes of a blob that have arrived so far. One transfer appends to them, and any number of clients read them. */
export interface GrowingBlob {
  /** Undefined while bytes may still arrive. */
  readonly outcome: 'stored' | Error | undefined
  /** Bytes that have arrived so far. */
  readonly size: number
  /** Sets the source that bytes are read from, and resets the size: a transfer that takes over has bytes of its own. */
  readFrom(bytes: Pick<BlobWriter | GrowingBytes, 'read'>): void
  /** Called when this process has appended a chunk. */
  appended(chunk: Buffer): void
  /** Called when another process has appended bytes up to this size. */
  grewTo(size: number): void
  /** Called when the digest is verified: the last byte may be sent, though the blob is not durable yet. */
  verified(): void
  end(outcome: unknown): void
  /** Resolves when more bytes may be sent, or the transfer has ended. */
  changed(): Promise<void>
  /** How many bytes from `position` to `end` may be sent now; the byte at `end` waits until the digest is verified. */
  available(position: number, end: number): number
  read(position: number, length: number): Promise<Buffer>
}

const noChunk: { start: number; chunk: Buffer } = { start: 0, chunk: Buffer.alloc(0) }

/**
 * Creates a blob without bytes. The latest chunk stays in memory, so that clients that keep up need not read the file.
 */
export function growingBlob(): GrowingBlob {
  let source: Pick<BlobWriter | GrowingBytes, 'read'> | undefined
  let [latestChunk, isVerified] = [noChunk, false]
  const changes = notifier()
  const blob = {
    outcome: undefined as 'stored' | Error | undefined,
    size: 0,
    readFrom(bytes: Pick<BlobWriter | GrowingBytes, 'read'>) {
      source = bytes
      blob.size = 0
      latestChunk = noChunk
    },
    appended(chunk: Buffer) {
      latestChunk = { start: blob.size, chunk }
      blob.size += chunk.length
      changes.notify()
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
    async read(position: number, length: number) {
      const { start, chunk } = latestChunk
      const isInMemory = position >= start && position < start + chunk.length
      if (isInMemory) return chunk.subarray(position - start, position - start + length)
      return source ? source.read(position, length) : Buffer.alloc(0)
    },
  }
  return blob
}

/** Wakes all callers that wait for the next change. */
function notifier() {
  const waiting: (() => void)[] = []
  return {
    next: () => new Promise<void>((resolve) => waiting.push(resolve)),
    notify: () => waiting.splice(0).forEach((resolve) => resolve()),
  }
}
