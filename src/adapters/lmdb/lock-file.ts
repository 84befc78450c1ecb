import { randomUUID } from 'node:crypto'
import { existsSync, linkSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** The size of a lock file for LMDB's 126 concurrent readers. */
const BYTES = 12 * 1024

/**
 * Creates LMDB's lock file in its full size if there is none. The one that LMDB creates is a sparse file that it maps
 * into memory: writing to it on a disk that has become full ends the process by a signal. Throws ENOSPC if the disk is
 * full now.
 */
export function makeLockFile(path: string, mode: number): void {
  const file = join(path, 'lock.mdb')
  if (existsSync(file)) return
  const draft = `${file}.${randomUUID()}`
  try {
    writeFileSync(draft, Buffer.alloc(BYTES), { mode, flush: true })
    linkSync(draft, file)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  } finally {
    rmSync(draft, { force: true })
  }
}
