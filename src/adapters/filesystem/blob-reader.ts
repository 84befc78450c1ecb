import type { FileHandle } from 'node:fs/promises'
import { Readable } from 'node:stream'
import type { ByteRange } from '../../registry/ports/blob-store.js'

const smallest = 64 * 1024
const largest = 1024 * 1024

/** A consumer that takes longer than this for a chunk is slow. */
const promptMilliseconds = 20

/**
 * A file's bytes in chunks that grow with what the consumer took without pausing: large chunks serve a fast client
 * 1.4 times as fast, and hundreds of slow clients must not hold a megabyte each. A socket's own buffers swallow the
 * first megabytes at once whoever listens, so only a sixty-fourth of that is taken as a sign.
 */
export function blobReader(handle: FileHandle, { start, end }: ByteRange): Readable {
  let position = start
  let takenPromptly = 0
  let offeredAt: number | undefined

  function nextLength() {
    const waited = offeredAt === undefined ? 0 : performance.now() - offeredAt
    if (waited > promptMilliseconds) takenPromptly = 0
    const fitting = 2 ** Math.floor(Math.log2(Math.max(takenPromptly / 64, smallest)))
    return Math.min(fitting, largest, end + 1 - position)
  }

  return new Readable({
    highWaterMark: smallest,
    read() {
      const length = nextLength()
      if (length <= 0) return void this.push(null)
      handle.read(Buffer.allocUnsafe(length), 0, length, position).then(
        ({ bytesRead, buffer }) => {
          if (bytesRead === 0) return void this.destroy(new Error('The blob ends before its size'))
          position += bytesRead
          takenPromptly += bytesRead
          offeredAt = performance.now()
          this.push(buffer.subarray(0, bytesRead))
        },
        (error: Error) => this.destroy(error),
      )
    },
    destroy(error, done) {
      handle.close().then(() => done(error), done)
    },
  })
}
