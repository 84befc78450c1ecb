import { mkdirSync, statSync } from 'node:fs'
import { dirname } from 'node:path'

/**
 * Creates a directory and its missing parents, all with this mode if one is given. Node's own recursive mkdir never
 * returns if an existing parent fails with ENOENT when an entry is created in it, as /proc does. Throws the system's
 * error with the path that caused it.
 */
export function makeDirectory(path: string, mode?: number): void {
  if (tryMake(path, mode)) return
  const parent = dirname(path)
  if (parent !== path) makeDirectory(parent, mode)
  if (!tryMake(path, mode)) mkdirSync(path, { mode })
}

/** Creates the directory unless it exists; false if its parent is missing. */
function tryMake(path: string, mode?: number): boolean {
  try {
    mkdirSync(path, { mode })
    return true
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT') return false
    if (code === 'EEXIST' && statSync(path, { throwIfNoEntry: false })?.isDirectory()) return true
    throw error
  }
}
