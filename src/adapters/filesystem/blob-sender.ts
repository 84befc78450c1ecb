import type { FileHandle } from 'node:fs/promises'
import type { ByteRange, TakeChunk } from '../../registry/ports/blob-store.js'

const smallest = 64 * 1024
const largest = 1024 * 1024

/** Large buffers there may be; whoever comes when all are in use gets small ones. */
const largeAtMost = 48

/** A consumer that takes longer than this for a chunk is slow, and large chunks are lost on it. */
const promptMilliseconds = 20

const idle: Buffer[] = []
let lent = 0

/**
 * Hands over a file's bytes in buffers that are used again. A stream needs new ones for every chunk, and at a gigabyte a
 * second collecting those costs more than sending; hundreds of slow clients must not hold a megabyte each.
 */
export async function sendFile(handle: FileHandle, { start, end }: ByteRange, take: TakeChunk): Promise<void> {
  let takenWithin = 0
  for (let position = start; position <= end;) {
    const missing = end + 1 - position
    const size = missing > smallest && takenWithin <= promptMilliseconds && lent < largeAtMost ? largest : smallest
    position += await withBuffer(size, async (buffer) => {
      const { bytesRead } = await handle.read(buffer, 0, Math.min(size, missing), position)
      if (bytesRead === 0) throw new Error('The blob ends before its size')
      const handedOver = performance.now()
      await take(buffer.subarray(0, bytesRead))
      takenWithin = performance.now() - handedOver
      return bytesRead
    })
  }
}

/** A buffer whose consumer failed is not used again: a socket on its way down may still send it. */
async function withBuffer(size: number, work: (buffer: Buffer) => Promise<number>): Promise<number> {
  if (size < largest) return work(Buffer.allocUnsafe(size))
  lent++
  try {
    const buffer = idle.pop() ?? Buffer.allocUnsafeSlow(largest)
    const result = await work(buffer)
    idle.push(buffer)
    return result
  } finally {
    lent--
  }
}
