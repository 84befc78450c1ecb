import { mkdir, open, rename } from 'node:fs/promises'
import { dirname } from 'node:path'
import { NoSpace } from '../../registry/ports/blob-store.js'

/** Moves a synced file to where it belongs; once it resolves, losing power does not undo the move. */
export async function renameDurably(from: string, to: string, root: string) {
  const directory = dirname(to)
  const created = await mkdir(directory, { recursive: true })
  await rename(from, to)
  await syncDirectory(directory)
  for (let above = directory; created && above !== root && above !== dirname(above);) {
    above = dirname(above)
    await syncDirectory(above)
  }
}

async function syncDirectory(path: string) {
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

const isCode = (error: unknown, code: string) => error instanceof Error && 'code' in error && error.code === code
