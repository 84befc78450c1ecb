import { randomBytes } from 'node:crypto'
import { rename, rm, stat, statfs, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Log } from '../../registry/ports/log.js'
import type { Reserve } from '../../registry/ports/reserve.js'
import { ifExists } from './durable.js'
import { PRIVATE_FILE } from './modes.js'

/** What a sweep of millions of records writes before its first blob goes, with some to spare. */
const MOST_BYTES = 4 * 1024 * 1024

/** Of a small disk no more than this share is taken. */
const SHARE = 1 / 20

/**
 * A file of no use but its size, in the data directory, made now unless the disk is almost full. It is removed when
 * something is to be removed from a full disk and nothing could be written, and made again when there is room.
 */
export async function diskReserve(dataDir: string, log: Log): Promise<Reserve> {
  const file = join(dataDir, 'reserve')
  await keep(file, dataDir)
  return {
    async during(work) {
      const { size, free } = await roomOn(dataDir)
      if (free < size) {
        await rm(file, { force: true })
        log.info({ dataDir, freeBytes: free }, 'the disk is almost full: the reserve is given to what removes things')
      }
      try {
        return await work()
      } finally {
        await keep(file, dataDir)
      }
    },
  }
}

/** Nothing happens where there is too little room for it, or the file is there. */
async function keep(file: string, dataDir: string): Promise<void> {
  if (await ifExists(stat(file))) return
  const { size, free } = await roomOn(dataDir)
  if (free < 2 * size) return
  const draft = `${file}.${process.pid}`
  try {
    // Some file systems keep zeros in no room at all.
    await writeFile(draft, randomBytes(size), { mode: PRIVATE_FILE })
    await rename(draft, file)
  } catch {
    await rm(draft, { force: true })
  }
}

async function roomOn(dataDir: string): Promise<{ size: number; free: number }> {
  const { bavail, blocks, bsize } = await statfs(dataDir)
  return { size: Math.floor(Math.min(MOST_BYTES, blocks * bsize * SHARE)), free: bavail * bsize }
}
