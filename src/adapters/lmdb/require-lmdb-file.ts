import { closeSync, fstatSync, openSync } from 'node:fs'
import { join } from 'node:path'
import { brokenPage, type Meta, newestMeta } from './pages.js'

/** A file that others write to meanwhile is looked at again: between two looks its pages were given to other content. */
const LOOKS = 5

/** A file of up to this size is looked at as a whole whenever it is opened: that takes less than a tenth of a second. */
const SMALL_BYTES = 64 * 1024 * 1024

/**
 * Throws a plain error of one line where the data file is not LMDB's, was cut short, or is damaged where it is looked at:
 * LMDB reads the file as memory, and opening such a one ends the process by a signal without a word. No file, or an empty
 * one, is a new environment. Of a large file only the roots of its trees are looked at, unless `everyPage` is set: that
 * takes about a second for every gigabyte.
 */
export function requireLmdbFile(path: string, { everyPage = false } = {}): void {
  const file = join(path, 'data.mdb')
  const descriptor = openIfThere(file)
  if (descriptor === undefined) return
  try {
    const { size } = fstatSync(descriptor)
    const meta = newestMeta(descriptor, size)
    if (size === 0) return
    if (!meta) throw new Error(`${file} is not the state this program wrote (damaged?): ${ADVICE}`)
    const broken = findBroken(descriptor, meta, everyPage)
    if (broken !== undefined) throw new Error(`${file} is damaged (${broken}): ${ADVICE}`)
  } finally {
    closeSync(descriptor)
  }
}

const ADVICE =
  'restore it, choose another --data-dir, or move its directory away and bring images back with ecr-local fsck --repair.'

/**
 * A sound file may end before its last page: LMDB does not write pages at the end that were used and freed by one
 * transaction. Where it is shorter, every page that is in use is looked at.
 */
function findBroken(descriptor: number, first: Meta, everyPage: boolean): string | undefined {
  let meta = first
  for (let look = 1; look <= LOOKS; look++) {
    const { size } = fstatSync(descriptor)
    const mayBeCut = (meta.lastPage + 1) * meta.pageSize > size
    const broken = brokenPage(
      descriptor,
      size,
      meta,
      mayBeCut || everyPage || size <= SMALL_BYTES ? 'every page' : 'roots',
    )
    if (broken === undefined) return undefined
    const now = newestMeta(descriptor, size)
    if (now?.transaction === meta.transaction) return broken
    if (now) meta = now
  }
  // Another process commits to it time and again, which it cannot do where pages are missing.
  return undefined
}

function openIfThere(file: string): number | undefined {
  try {
    return openSync(file, 'r')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}
