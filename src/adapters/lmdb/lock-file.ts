import { randomUUID } from 'node:crypto'
import { existsSync, linkSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** Room for LMDB's 126 readers at once. */
const BYTES = 12 * 1024

/**
 * Makes LMDB's lock file with all its bytes, where there is none. LMDB's own begins as a hole, and writes to it as to memory:
 * on a disk that is full by then this ends the process by a signal. Throws ENOSPC where there is no room now.
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
