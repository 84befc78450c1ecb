import { fstatSync, type Stats } from 'node:fs'
import { type FileHandle, open, stat } from 'node:fs/promises'
import { LRUCache } from 'lru-cache'
import type { ByteRange, TakeChunk } from '../../registry/ports/blob-store.js'
import { ifExists } from './durable.js'
import { PIECE_BYTES, type RecentPieces, recentPieces } from './recent-pieces.js'

const SMALL_BYTES = 64 * 1024
/** A consumer that takes longer than this for a chunk is slow. */
const PROMPT_MS = 20
/** Of how many files it is remembered that pieces of them may be in memory. */
const REMEMBERED_FILES = 100

/** Passes a range of a file to a consumer; false if there is no such file. */
export type SendFile = (path: string, range: ByteRange, take: TakeChunk) => Promise<boolean>

/** A file as it was when it was opened: `id` differs once it was replaced or written to. */
interface FileVersion {
  readonly id: string
  readonly size: number
}

/**
 * Sends files in buffers that are used again. A stream allocates a new one for every chunk, and at a gigabyte per
 * second their garbage collection costs more than sending. Consumers that are at about the same place of a file share a
 * buffer, which is read once: 64 clients of one stored image take 0.4 CPU-s/GB instead of 0.6 to 0.8.
 */
export function fileSender(): SendFile {
  const pieces = recentPieces()
  const versions = new LRUCache<string, FileVersion>({ max: REMEMBERED_FILES })
  const senders = new Map<string, number>()

  async function counted(id: string, send: () => Promise<void>): Promise<void> {
    senders.set(id, (senders.get(id) ?? 0) + 1)
    try {
      await send()
    } finally {
      const left = (senders.get(id) ?? 1) - 1
      if (left > 0) senders.set(id, left)
      else senders.delete(id)
    }
  }

  /**
   * Sends a range without opening the file, if one piece in memory has all of it and the file has not changed. Opening
   * and closing it would take a tenth of the CPU time for a blob of 1 MB.
   */
  async function sendFromMemory(path: string, { start, end }: ByteRange, take: TakeChunk): Promise<boolean> {
    const version = versions.get(path)
    const key = version && keyOf(version, start)
    if (!key || keyOf(version, end) !== key || !pieces.has(key)) return false
    const stats = await ifExists(stat(path))
    if (!stats || versionOf(path, stats).id !== version.id) return false
    const sending = pieces.pass(key, (piece) => take(piece.subarray(start % PIECE_BYTES, (end % PIECE_BYTES) + 1)))
    await sending
    return sending !== undefined
  }

  return async (path, range, take) => {
    if (await sendFromMemory(path, range, take)) return true
    await using handle = await ifExists(open(path, 'r'))
    if (!handle) return false
    const version = versionOf(path, fstatSync(handle.fd))
    versions.set(path, version)
    const isAlone = () => senders.get(version.id) === 1
    await counted(version.id, () => sendOpened({ handle, version, isAlone, pieces }, range, take))
    return true
  }
}

/** An open file, and the pieces of it that may be in memory. */
interface OpenedFile {
  readonly handle: FileHandle
  readonly version: FileVersion
  /** Whether the file has no other consumer now. */
  readonly isAlone: () => boolean
  readonly pieces: RecentPieces
}

async function sendOpened(file: OpenedFile, { start, end }: ByteRange, take: TakeChunk): Promise<void> {
  let isSlow = false
  const pass = async (chunk: Buffer) => {
    if (chunk.length === 0) throw new Error('The file is shorter than the blob')
    const startedAt = performance.now()
    await take(chunk)
    isSlow = performance.now() - startedAt > PROMPT_MS
    return chunk.length
  }
  for (let position = start; position <= end;) {
    const length = Math.min(PIECE_BYTES - (position % PIECE_BYTES), end + 1 - position)
    position += await (passPiece(file, position, length, isSlow, pass) ?? passSmall(file, position, length, pass))
  }
}

/** Passes what it is given, and returns how many bytes. */
type Pass = (chunk: Buffer) => Promise<number>

/** Undefined if the range is small, or too much memory is in use for a slow consumer or for any. */
function passPiece(file: OpenedFile, from: number, length: number, isSlow: boolean, pass: Pass) {
  const { handle, version, isAlone, pieces } = file
  if (length <= SMALL_BYTES) return undefined
  const key = keyOf(version, from)
  const offset = from % PIECE_BYTES
  const whole = Math.min(PIECE_BYTES, version.size - from + offset)
  // A consumer that needs only a part of a piece, or has the file for itself, reads this part for itself: a client that
  // is alone gets a large blob from one buffer instead of all 48.
  if (!pieces.has(key) && (length < whole || isAlone()))
    return pieces.pass(Symbol(), pass, { isSlow, read: (memory) => read(handle, memory.subarray(0, length), from) })
  const passPart = (piece: Buffer) => pass(piece.subarray(offset, offset + length))
  const readWhole = (memory: Buffer) => read(handle, memory.subarray(0, whole), from - offset)
  return pieces.pass(key, passPart, { isSlow, read: readWhole })
}

async function passSmall({ handle }: OpenedFile, from: number, length: number, pass: Pass): Promise<number> {
  return pass(await read(handle, Buffer.allocUnsafe(Math.min(length, SMALL_BYTES)), from))
}

const keyOf = ({ id }: FileVersion, position: number) => `${id} ${position - (position % PIECE_BYTES)}`

/** With the path: another blob may get the inode of a removed one, within one tick of the clock that stamps files. */
const versionOf = (path: string, { ino, mtimeMs, ctimeMs, size }: Stats): FileVersion => ({
  id: `${path} ${ino} ${mtimeMs} ${ctimeMs} ${size}`,
  size,
})

/** Fills the memory, unless the file ends before, and returns what was read. */
async function read(handle: FileHandle, memory: Buffer, position: number): Promise<Buffer> {
  let filled = 0
  while (filled < memory.length) {
    const { bytesRead } = await handle.read(memory, filled, memory.length - filled, position + filled)
    if (bytesRead === 0) break
    filled += bytesRead
  }
  return memory.subarray(0, filled)
}
