import type { BlobWriter } from '../../registry/ports/blob-store.js'

/** How far a transfer has come, and those who wait for it to get further. */
export interface Growth {
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

/** A transfer that has not begun. The chunk that came last is kept at hand: clients that keep up need not read the file. */
export function newGrowth(): Growth {
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
