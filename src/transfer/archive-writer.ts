import { createTarPacker } from 'modern-tar'
import { Readable, type Writable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { ReadableStream } from 'node:stream/web'

/** Writes a chunk to an entry. The chunk may be reused once it resolves. */
export type WriteChunk = (chunk: Uint8Array) => Promise<void>

/** A tar archive that is written entry by entry, as fast as its reader takes it. */
export interface ArchiveWriter {
  /** Adds an entry; `body` writes exactly `size` bytes. Rejects if the output failed. */
  add(name: string, size: number, body: (write: WriteChunk) => Promise<unknown>): Promise<void>
  /** Ends the archive. Resolves once the output has everything. */
  finish(): Promise<void>
  /** Ends the output without ending the archive, so that its reader sees that it is not whole. */
  abandon(reason: Error): Promise<void>
}

/** Readable for the owner only: an archive contains policies. */
const ENTRY_MODE = 0o600

/** Streams an archive to `output`; all entries have the time `mtime`. */
export function archiveWriter(output: Writable, mtime: Date): ArchiveWriter {
  const { readable, controller } = createTarPacker()
  const written = pipeline(Readable.fromWeb(readable as ReadableStream), output)
  // It is awaited at the end; meanwhile the next write reports the failure.
  written.catch(() => {})

  return {
    async add(name, size, body) {
      const entry = controller.add({ name, size, mtime, mode: ENTRY_MODE }).getWriter()
      try {
        // Copied, because the packer keeps a chunk until the output takes it.
        await body((chunk) => entry.write(Uint8Array.from(chunk)))
        await entry.close()
      } catch (error) {
        await entry.abort(error).catch(() => {})
        throw error
      }
    },
    async finish() {
      controller.finalize()
      await written
      // Standard output is not ended by a pipeline, so what it still buffers has to be awaited.
      if (!output.writableEnded) await new Promise((resolve) => output.write('', resolve))
    },
    async abandon(reason) {
      controller.error(reason)
      await written.catch(() => {})
    },
  }
}
