import { mkdirSync, statSync } from 'node:fs'
import { dirname } from 'node:path'

/**
 * Makes a directory and what lacks above it. Node's own recursive mkdir never returns where a directory that exists answers
 * ENOENT for what is to be made in it, as /proc does. Throws the system's error, with the path that is in the way.
 */
export function makeDirectory(path: string): void {
  if (isMade(path)) return
  const above = dirname(path)
  if (above !== path) makeDirectory(above)
  if (!isMade(path)) mkdirSync(path)
}

/** Whether the directory is there now; false where one above it is missing. */
function isMade(path: string): boolean {
  try {
    mkdirSync(path)
    return true
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT') return false
    if (code === 'EEXIST' && statSync(path, { throwIfNoEntry: false })?.isDirectory()) return true
    throw error
  }
}
