import { closeSync, openSync, readSync } from 'node:fs'
import { join } from 'node:path'

/** Where LMDB's first page carries its mark, and the mark as it is stored. */
const markAt = 24
const mark = Buffer.from('dec0efbe', 'hex')

/**
 * Throws a plain error of one line where the data file is not LMDB's: opening it would end the process without a word.
 * No file, or an empty one, is a new environment.
 */
export function requireLmdbFile(path: string): void {
  const file = join(path, 'data.mdb')
  const found = Buffer.alloc(markAt + mark.length)
  const length = readStart(file, found)
  if (length === 0 || (length === found.length && found.subarray(markAt).equals(mark))) return
  throw new Error(`${file} is not the state this program wrote (damaged?): restore it, or choose another --data-dir.`)
}

function readStart(file: string, into: Buffer): number {
  try {
    const descriptor = openSync(file, 'r')
    try {
      return readSync(descriptor, into)
    } finally {
      closeSync(descriptor)
    }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return 0
    throw error
  }
}
