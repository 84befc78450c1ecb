import { mkdir, open, rename } from 'node:fs/promises'
import { dirname } from 'node:path'
import { NoSpace } from '../../registry/ports/blob-store.js'
import { PRIVATE_DIRECTORY } from './modes.js'

/** How many directories are remembered as durable; of one that was forgotten the way up is synced once more. */
const REMEMBERED = 100_000

/**
 * Directories whose entry in the one above is known to have been synced by this process. That a directory exists is not
 * enough: another writer may have made it a moment ago and not have come to sync it.
 */
export type DurableDirectories = Set<string>

/**
 * Moves a synced file to where it belongs, making the directories that lack; once it resolves, losing power does not undo
 * the move.
 */
export async function renameDurably(from: string, to: string, root: string, durable: DurableDirectories) {
  const directory = dirname(to)
  const created = await mkdir(directory, { recursive: true, mode: PRIVATE_DIRECTORY })
  await rename(from, to)
  await syncDirectory(directory)
  if (created === undefined && durable.has(directory)) return
  for (let above = directory; above !== root && above !== dirname(above);) {
    above = dirname(above)
    await syncDirectory(above)
  }
  if (durable.size >= REMEMBERED) durable.clear()
  durable.add(directory)
}

/** Makes what was put into a directory, or taken out of it, survive losing power. */
export async function syncDirectory(path: string) {
  const handle = await open(path, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

/** Says in the port's words that the disk is full; everything else passes through. */
export async function orNoSpace<T>(root: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (isCode(error, 'ENOSPC') || isCode(error, 'EDQUOT'))
      throw new NoSpace(`The disk that holds ${root} has no room left`, { cause: error })
    throw error
  }
}

/** Undefined where the file does not exist. */
export async function ifExists<T>(work: Promise<T>): Promise<T | undefined> {
  try {
    return await work
  } catch (error) {
    if (isCode(error, 'ENOENT')) return undefined
    throw error
  }
}

/** Whether the system refused with this code. */
export const isCode = (error: unknown, code: string) => error instanceof Error && 'code' in error && error.code === code
