import { mkdir, open, rename } from 'node:fs/promises'
import { dirname } from 'node:path'
import { NoSpace } from '../../registry/ports/blob-store.js'
import { PRIVATE_DIRECTORY } from './modes.js'

/** The number of directories that are remembered as durable. The parents of a forgotten one are synced again. */
const REMEMBERED = 100_000

/** What this process knows of directories, and their syncs in progress. */
export interface DurableDirectories {
  /**
   * Directories whose entries in their parents this process has synced. The existence of a directory is not sufficient:
   * another process may have created it a moment ago and not synced it yet.
   */
  readonly known: Set<string>
  /**
   * Makes changes to the entries of a directory survive a power failure. Calls that come while the directory is being
   * synced share the next sync: forty blobs that arrive together cost three of their common parent.
   */
  readonly sync: (path: string) => Promise<void>
}

/** The directories of a blob store that this process has just opened: it knows nothing of them yet. */
export function durableDirectories(): DurableDirectories {
  const running = new Map<string, Promise<void>>()
  const next = new Map<string, Promise<void>>()

  function start(path: string): Promise<void> {
    next.delete(path)
    const sync = syncDirectory(path).finally(() => {
      if (running.get(path) === sync) running.delete(path)
    })
    running.set(path, sync)
    return sync
  }

  return {
    known: new Set(),
    sync(path) {
      const before = running.get(path)
      if (!before) return start(path)
      const shared = next.get(path) ?? before.catch(() => {}).then(() => start(path))
      next.set(path, shared)
      return shared
    },
  }
}

/**
 * Moves a synced file to its destination and creates missing directories. Once it resolves, a power failure does not
 * undo the move.
 */
export async function renameDurably(from: string, to: string, root: string, { known, sync }: DurableDirectories) {
  const directory = dirname(to)
  const make = () => mkdir(directory, { recursive: true, mode: PRIVATE_DIRECTORY })
  if (!known.has(directory)) await make()
  await rename(from, to).catch(async (error: unknown) => {
    if (!isCode(error, 'ENOENT')) throw error
    // Directories were removed meanwhile.
    known.clear()
    await make()
    await rename(from, to)
  })
  const unknown = unknownFrom(directory, root, known)
  await Promise.all([directory, ...unknown.map((path) => dirname(path))].map(sync))
  if (known.size >= REMEMBERED) known.clear()
  for (const path of unknown) known.add(path)
}

/** The directory and those above it, up to the first whose entry in its parent is known to be durable. */
function unknownFrom(directory: string, root: string, known: ReadonlySet<string>): string[] {
  const unknown: string[] = []
  for (let path = directory; path !== root && path !== dirname(path) && !known.has(path); path = dirname(path))
    unknown.push(path)
  return unknown
}

async function syncDirectory(path: string) {
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
