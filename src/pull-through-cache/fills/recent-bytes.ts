import type { TakeChunk } from '../../registry/ports/blob-store.js'

/**
 * The latest bytes of a transfer, in memory: those that the file does not have yet, and some before them for clients
 * that keep up.
 */
export interface RecentBytes {
  /** Bytes that the file does not have yet. */
  readonly unwrittenBytes: number
  /** Adds a copy of the bytes that arrived next. */
  append(chunk: Uint8Array): void
  /** The next bytes for the file, in one piece; undefined if it has all. They remain until `written` is called. */
  unwritten(): Uint8Array | undefined
  /** Called when the file has received this many more bytes. */
  written(count: number): void
  /** Passes at most `length` bytes from `position` on to `take`; undefined if they are not in memory. */
  pass(position: number, length: number, take: TakeChunk): Promise<number> | undefined
}

/** Bytes in one piece of memory. While few clients are slow, one transfer has about `SEGMENTS` of these. */
interface Segment {
  start: number
  length: number
  readonly memory: Buffer
  /** How many clients are being sent bytes of it. */
  clients: number
}

const SEGMENT_BYTES = 256 * 1024
const SEGMENTS = 4

/**
 * Copies what arrives into memory that is used again: a new buffer for each chunk costs a pull of a gigabyte 20 full
 * garbage collections. Small chunks, as TLS has them, are gathered meanwhile, for fewer writes to the file and to
 * clients that are busy with the ones before.
 */
export function recentBytes(size: number): RecentBytes {
  const segments: Segment[] = []
  let [end, fileEnd] = [0, 0]

  /** The segment that has room, after the oldest one was used again or left to its clients. */
  function nextSegment(): Segment {
    const last = segments.at(-1)
    if (last && last.length < last.memory.length) return last
    const [oldest] = segments
    const isSpare = oldest && segments.length >= SEGMENTS && oldest.start + oldest.length <= fileEnd
    if (isSpare) segments.shift()
    const isFree = isSpare && oldest.clients === 0
    const memory = isFree ? oldest.memory : Buffer.allocUnsafeSlow(Math.min(SEGMENT_BYTES, size - end))
    const next = { start: end, length: 0, memory, clients: 0 }
    segments.push(next)
    return next
  }

  return {
    get unwrittenBytes() {
      return end - fileEnd
    },
    append(chunk) {
      for (let offset = 0; offset < chunk.length;) {
        const segment = nextSegment()
        const part = chunk.subarray(offset, offset + segment.memory.length - segment.length)
        segment.memory.set(part, segment.length)
        segment.length += part.length
        offset += part.length
        end += part.length
      }
    },
    unwritten() {
      const segment = segmentAt(segments, fileEnd)
      return segment?.memory.subarray(fileEnd - segment.start, segment.length)
    },
    written: (count) => void (fileEnd += count),
    pass(position, length, take) {
      const segment = segmentAt(segments, position)
      return segment && passSegment(segment, position, length, take)
    },
  }
}

const segmentAt = (segments: readonly Segment[], position: number) =>
  segments.find(({ start, length }) => position >= start && position < start + length)

/** A segment whose client failed is not used again: a closing socket may still send it. */
async function passSegment(segment: Segment, position: number, length: number, take: TakeChunk): Promise<number> {
  const from = position - segment.start
  const piece = segment.memory.subarray(from, Math.min(segment.length, from + length))
  segment.clients++
  await take(piece)
  segment.clients--
  return piece.length
}
