import type { FileHandle } from 'node:fs/promises'
import type { ByteRange, TakeChunk } from '../../registry/ports/blob-store.js'

const SMALL_BYTES = 64 * 1024
const LARGE_BYTES = 1024 * 1024

/** The maximum number of large buffers in use at a time. While all are in use, other transfers get small ones. */
const MAX_LARGE = 48

/** A consumer that takes longer than this for a chunk is slow and gets small chunks. */
const PROMPT_MS = 20

/** Passes a range of a file to a consumer. */
export type SendFile = (handle: FileHandle, range: ByteRange, take: TakeChunk) => Promise<void>

/**
 * Sends files in reused buffers. A stream allocates a new one for every chunk, and at a gigabyte per second their
 * garbage collection costs more than sending. The number of large buffers is limited so that hundreds of slow clients
 * do not hold a megabyte each.
 */
export function fileSender(): SendFile {
  const idle: Buffer[] = []
  let inUse = 0

  /** A buffer whose consumer failed is not reused: a closing socket may still send it. */
  async function withLargeBuffer(work: (buffer: Buffer) => Promise<number>): Promise<number> {
    inUse++
    try {
      const buffer = idle.pop() ?? Buffer.allocUnsafeSlow(LARGE_BYTES)
      const result = await work(buffer)
      idle.push(buffer)
      return result
    } finally {
      inUse--
    }
  }

  return async (handle, { start, end }, take) => {
    let elapsedMs = 0
    for (let position = start; position <= end;) {
      const remaining = end + 1 - position
      const isLarge = remaining > SMALL_BYTES && elapsedMs <= PROMPT_MS && inUse < MAX_LARGE
      const sendChunk = async (buffer: Buffer) => {
        const { bytesRead } = await handle.read(buffer, 0, Math.min(buffer.length, remaining), position)
        if (bytesRead === 0) throw new Error('The file is shorter than the blob')
        const startedAt = performance.now()
        await take(buffer.subarray(0, bytesRead))
        elapsedMs = performance.now() - startedAt
        return bytesRead
      }
      position += await (isLarge ? withLargeBuffer(sendChunk) : sendChunk(Buffer.allocUnsafe(SMALL_BYTES)))
    }
  }
}
