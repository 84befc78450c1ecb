import { mkdir, open, rename } from 'node:fs/promises'
import { dirname } from 'node:path'
import { NoSpace } from '../../registry/ports/blob-store.js'
import { PRIVATE_DIRECTORY } from './modes.js'

/** The number of directories that are remembered as durable. The parents of a forgotten one are synced again. */
const REMEMBERED = 100_000

/**
 * Directories whose entries in their parents this process has synced. The existence of a directory is not sufficient:
 * another process may have created it a moment ago and not synced it yet.
 */
export type DurableDirectories = Set<string>

/**
 * Moves a synced file to its destination and creates missing directories. Once it resolves, a power failure does not
 * undo the move.
 */
export async function renameDurably(from: string, to: string, root: string, durable: DurableDirectories) {
  const directory = dirname(to)
  const created = await mkdir(directory, { recursive: true, mode: PRIVATE_DIRECTORY })
  await rename(from, to)
  await syncDirectory(directory)
  if (created === undefined && durable.has(directory)) return
  for (let parent = directory; parent !== root && parent !== dirname(parent);) {
    parent = dirname(parent)
    await syncDirectory(parent)
  }
  if (durable.size >= REMEMBERED) durable.clear()
  durable.add(directory)
}

/** Makes changes to the entries of a directory survive a power failure. */
export async function syncDirectory(path: string) {
  const handle = await open(path, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

/** Converts the system's error for a full disk into the port's NoSpace; other errors pass unchanged. */
export async function orNoSpace<T>(root: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (isCode(error, 'ENOSPC') || isCode(error, 'EDQUOT'))
      throw new NoSpace(`The disk that holds ${root} has no space left`, { cause: error })
    throw error
  }
}

/** Resolves with undefined if the file does not exist. */
export async function ifExists<T>(work: Promise<T>): Promise<T | undefined> {
  try {
    return await work
  } catch (error) {
    if (isCode(error, 'ENOENT')) return undefined
    throw error
  }
}

/** Whether an error of the system has this code. */
export const isCode = (error: unknown, code: string) => error instanceof Error && 'code' in error && error.code === code
