/** Memory for a piece of a file, and what it holds. */
interface Piece {
  readonly memory: Buffer
  /** The bytes that were read into it. */
  readonly bytes: Promise<Buffer>
  /** How many consumers are being passed its bytes. */
  consumers: number
  /** False once a consumer failed: a closing socket may still send the bytes, so that no others are read into it. */
  isReusable: boolean
  lastUsedAt: number
}

/** The name of a piece that several consumers may need, or a symbol: then its memory is the first to be used again. */
export type PieceKey = string | symbol

/** How a piece comes into memory. */
export interface Reading {
  /** Reads the bytes into the given memory. */
  readonly read: (memory: Buffer) => Promise<Buffer>
  /** Whether the consumer would hold the memory for long. */
  readonly isSlow: boolean
}

/** The pieces of files that are being sent, and those that were sent in the last seconds. */
export interface RecentPieces {
  has(key: PieceKey): boolean
  /**
   * Passes the bytes of a piece to `use`. They remain in memory until it resolves. Returns undefined if the piece is
   * not in memory, and `reading` is not given or too many pieces are in use for another.
   */
  pass<T>(key: PieceKey, use: (bytes: Buffer) => Promise<T>, reading?: Reading): Promise<T> | undefined
}

/** The largest piece, and the memory of each. */
export const PIECE_BYTES = 1024 * 1024
/** While this many are in use there are no new ones. */
const MAX_PIECES = 48
/** Slow consumers cause no new ones while this many are in use. */
const MAX_OF_SLOW = MAX_PIECES / 2
/** How long the memory of a piece is kept that no consumer uses. */
const KEEP_MS = 5_000

type Pieces = Map<PieceKey, Piece>

/** Creates the pieces that all consumers of a blob store share. */
export function recentPieces(): RecentPieces {
  /** The least recently used ones first. */
  const pieces: Pieces = new Map()
  let cleanUp: NodeJS.Timeout | undefined

  function dropOld(): void {
    const keptSince = performance.now() - KEEP_MS
    for (const [key, { lastUsedAt }] of unused(pieces)) if (lastUsedAt < keptSince) pieces.delete(key)
    cleanUp = pieces.size > 0 ? setTimeout(dropOld, KEEP_MS).unref() : undefined
  }

  function newPiece({ read, isSlow }: Reading): Piece | undefined {
    const memory = freeMemory(pieces, isSlow)
    return memory && { memory, bytes: read(memory), consumers: 0, isReusable: true, lastUsedAt: 0 }
  }

  return {
    has: (key) => pieces.has(key),
    pass(key, use, reading) {
      const piece = pieces.get(key) ?? (reading && newPiece(reading))
      if (!piece) return undefined
      pieces.delete(key)
      pieces.set(key, piece)
      cleanUp ??= setTimeout(dropOld, KEEP_MS).unref()
      return passPiece(piece, use, () => pieces.delete(key))
    },
  }
}

/** Calls `drop` once no consumer uses a piece whose memory must not be used again. */
async function passPiece<T>(piece: Piece, use: (bytes: Buffer) => Promise<T>, drop: () => void): Promise<T> {
  piece.consumers++
  try {
    return await use(await piece.bytes)
  } catch (error) {
    piece.isReusable = false
    throw error
  } finally {
    piece.consumers--
    piece.lastUsedAt = performance.now()
    if (piece.consumers === 0 && !piece.isReusable) drop()
  }
}

const unused = (pieces: Pieces) => [...pieces].filter(([, { consumers }]) => consumers === 0)

/**
 * Memory for another piece: that of one that no other consumer will need, or new memory. If there are as many pieces as
 * there may be, that of the least recently used one. Undefined if too many are in use.
 */
function freeMemory(pieces: Pieces, isSlow: boolean): Buffer | undefined {
  const spare = unused(pieces)
  if (pieces.size - spare.length >= (isSlow ? MAX_OF_SLOW : MAX_PIECES)) return undefined
  const [oldest] = spare
  const reused = spare.find(([key]) => typeof key === 'symbol') ?? (pieces.size < MAX_PIECES ? undefined : oldest)
  if (!reused) return Buffer.allocUnsafeSlow(PIECE_BYTES)
  const [key, { memory }] = reused
  pieces.delete(key)
  return memory
}
