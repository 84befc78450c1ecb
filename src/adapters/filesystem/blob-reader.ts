import type { FileHandle } from 'node:fs/promises'
import { Readable } from 'node:stream'
import type { ByteRange } from '../../registry/ports/blob-store.js'

const smallest = 64 * 1024
const largest = 1024 * 1024

/** What all readers together may hold in chunks larger than the smallest. */
const shared = 64 * 1024 * 1024

/** Bytes in the chunks that consumers have, or are about to have. */
let held = 0

/**
 * A file's bytes in chunks as large as there is room for: large chunks serve a fast client twice as fast, and hundreds
 * of slow clients, who keep theirs, must not hold a megabyte each.
 */
export function blobReader(handle: FileHandle, { start, end }: ByteRange): Readable {
  let position = start
  /** The chunk being read or waiting to be taken, and the one before it, which the socket may still have. */
  let [latest, earlier] = [0, 0]

  function take(length: number) {
    held += length - earlier
    earlier = latest
    latest = length
  }

  return new Readable({
    highWaterMark: smallest,
    read() {
      const length = Math.min(fitting(shared - held), end + 1 - position)
      if (length <= 0) return void this.push(null)
      take(length)
      handle.read(Buffer.allocUnsafeSlow(length), 0, length, position).then(
        ({ bytesRead, buffer }) => {
          if (bytesRead === 0) return void this.destroy(new Error('The blob ends before its size'))
          position += bytesRead
          this.push(buffer.subarray(0, bytesRead))
        },
        (error: Error) => this.destroy(error),
      )
    },
    destroy(error, done) {
      take(0)
      take(0)
      handle.close().then(() => done(error), done)
    },
  })
}

/** A small part of the room that is left, so that those who come next find some too. */
const fitting = (room: number) => Math.floor(Math.min(Math.max(room / 32, smallest), largest) / smallest) * smallest
