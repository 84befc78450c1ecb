import { randomFillSync } from 'node:crypto'
import { rename, rm, stat, statfs, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Log } from '../../registry/ports/log.js'
import type { Reserve } from '../../registry/ports/reserve.js'
import { ifExists } from './durable.js'
import { PRIVATE_FILE } from './modes.js'

/** The size of the reserve. A sweep of millions of records writes less than this before it removes its first blob. */
const MAX_BYTES = 4 * 1024 * 1024

/** It is written in pieces: a start needs no more memory than one of them. */
const PIECE_BYTES = 256 * 1024

/** The largest share of a small disk that the reserve may occupy. */
const MAX_SHARE = 1 / 20

/**
 * Creates a file in the data directory that only occupies space, unless the disk is almost full. It is removed before a
 * removal on an almost full disk, which has to write a little first, and created again once there is space.
 */
export function diskReserve(dataDir: string, log: Log): Reserve {
  const file = join(dataDir, 'reserve')
  // A disk that cannot be read makes the work fail that needs the reserve, while that lasts, not the process.
  const created = setAside(file, dataDir).catch(() => {})
  return {
    settled: () => created,
    async during(work) {
      await created
      const { size, free } = await spaceOn(dataDir)
      if (free < size) {
        await rm(file, { force: true })
        log.info({ dataDir, freeBytes: free }, 'the disk is almost full: its reserve is freed for a removal')
      }
      try {
        return await work()
      } finally {
        await setAside(file, dataDir)
      }
    },
  }
}

/** Creates the file unless it exists or there is too little space. */
async function setAside(file: string, dataDir: string): Promise<void> {
  if (await ifExists(stat(file))) return
  const { size, free } = await spaceOn(dataDir)
  if (free < 2 * size) return
  const draft = `${file}.${process.pid}`
  try {
    await writeFile(draft, randomPieces(size), { mode: PRIVATE_FILE })
    await rename(draft, file)
  } catch {
    await rm(draft, { force: true })
  }
}

/** Random bytes, because some file systems store zeros without using space. Each piece is written before the next. */
function* randomPieces(size: number): Generator<Buffer> {
  const piece = Buffer.allocUnsafe(PIECE_BYTES)
  for (let left = size; left > 0; left -= PIECE_BYTES) yield randomFillSync(piece).subarray(0, left)
}

async function spaceOn(dataDir: string): Promise<{ size: number; free: number }> {
  const { bavail, blocks, bsize } = await statfs(dataDir)
  return { size: Math.floor(Math.min(MAX_BYTES, blocks * bsize * MAX_SHARE)), free: bavail * bsize }
}
