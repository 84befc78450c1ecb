import type { BlobWriter, GrowingBytes } from '../../registry/ports/blob-store.js'

/** How far a transfer has come, and those who wait for it to get further. */
export interface Growth {
  readonly outcome: 'kept' | Error | undefined
  /** Bytes that have come so far. */
  readonly size: number
  /** Bytes that may be read; none yet. Those of another transfer take the place of one that died. */
  begin(bytes: Pick<BlobWriter | GrowingBytes, 'read'>): void
  /** Bytes that have just been appended. */
  advance(chunk: Buffer): void
  /** Somebody else appended up to here. */
  advanceTo(size: number): void
  /** The digest is right: the last byte may go, though the blob is not durable yet. */
  verified(): void
  end(outcome: unknown): void
  further(): Promise<void>
  /** How many bytes from `position` to `end` may go now; the byte at `end` waits until the digest is verified. */
  available(position: number, end: number): number
  read(position: number, length: number): Promise<Buffer>
}

const nothing: { start: number; chunk: Buffer } = { start: 0, chunk: Buffer.alloc(0) }

/** A transfer that has not begun. The chunk that came last is kept at hand: clients that keep up need not read the file. */
export function newGrowth(): Growth {
  const waiting: (() => void)[] = []
  let bytes: Pick<BlobWriter | GrowingBytes, 'read'> | undefined
  let latest = nothing
  let isVerified = false
  const wake = () => waiting.splice(0).forEach((resolve) => resolve())
  const state = {
    outcome: undefined as 'kept' | Error | undefined,
    size: 0,
    begin(begun: Pick<BlobWriter | GrowingBytes, 'read'>) {
      ;[bytes, state.size, latest] = [begun, 0, nothing]
    },
    advance(chunk: Buffer) {
      latest = { start: state.size, chunk }
      state.size += chunk.length
      wake()
    },
    advanceTo(reached: number) {
      state.size = Math.max(state.size, reached)
      wake()
    },
    verified() {
      isVerified = true
      wake()
    },
    end(outcome: unknown) {
      state.outcome = outcome === 'kept' || outcome instanceof Error ? outcome : new Error(String(outcome))
      wake()
    },
    further: () => new Promise<void>((resolve) => waiting.push(resolve)),
    available: (position: number, end: number) => Math.min(state.size, isVerified ? end + 1 : end) - position,
    async read(position: number, length: number) {
      const { start, chunk } = latest
      const isAtHand = position >= start && position < start + chunk.length
      if (isAtHand) return chunk.subarray(position - start, position - start + length)
      return bytes ? bytes.read(position, length) : Buffer.alloc(0)
    },
  }
  return state
}
