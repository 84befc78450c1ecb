import { closeSync, fstatSync, openSync } from 'node:fs'
import { join } from 'node:path'
import { brokenPage, type Meta, newestMeta } from './pages.js'

/**
 * How often a file is checked while other processes write to it: between two checks, pages may have been reused for
 * other content.
 */
const MAX_CHECKS = 5

/** A file of up to this size is checked completely whenever it is opened, which takes less than a tenth of a second. */
const SMALL_BYTES = 64 * 1024 * 1024

/**
 * Throws an error of one line if the data file is not LMDB's, was cut short, or is damaged in the pages that are
 * checked: LMDB maps the file into memory, and opening a damaged one would end the process by a signal without a
 * message. A missing or empty file is a new environment. Of a large file only the roots of its trees are checked,
 * unless `everyPage` is set, which takes about a second per gigabyte.
 */
export function requireLmdbFile(path: string, { everyPage = false } = {}): void {
  const file = join(path, 'data.mdb')
  const descriptor = openIfPresent(file)
  if (descriptor === undefined) return
  try {
    const { size } = fstatSync(descriptor)
    const meta = newestMeta(descriptor, size)
    if (size === 0) return
    if (!meta) throw new Error(`${file} is not a state file of ecr-local, or is damaged: ${ADVICE}`)
    const damage = findDamage(descriptor, meta, everyPage)
    if (damage !== undefined) throw new Error(`${file} is damaged (${damage}): ${ADVICE}`)
  } finally {
    closeSync(descriptor)
  }
}

const ADVICE =
  'restore it, choose another --data-dir, or move its directory elsewhere and restore the images with ecr-local fsck --repair.'

/**
 * An intact file may end before its last page: LMDB does not write pages at the end that one transaction allocated and
 * freed. If the file is shorter than its last page, every page in use is checked.
 */
function findDamage(descriptor: number, first: Meta, everyPage: boolean): string | undefined {
  let meta = first
  for (let check = 1; check <= MAX_CHECKS; check++) {
    const { size } = fstatSync(descriptor)
    const mayBeCut = (meta.lastPage + 1) * meta.pageSize > size
    const damage = brokenPage(
      descriptor,
      size,
      meta,
      mayBeCut || everyPage || size <= SMALL_BYTES ? 'every page' : 'roots',
    )
    if (damage === undefined) return undefined
    const now = newestMeta(descriptor, size)
    if (now?.transaction === meta.transaction) return damage
    if (now) meta = now
  }
  // Another process keeps committing to the file, which it could not do if pages were missing.
  return undefined
}

function openIfPresent(file: string): number | undefined {
  try {
    return openSync(file, 'r')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}
