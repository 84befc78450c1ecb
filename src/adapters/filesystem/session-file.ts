import { type FileHandle, open, rename } from 'node:fs/promises'
import { ifExists, isCode } from './durable.js'
import { PRIVATE_FILE } from './modes.js'

/**
 * A mode bit that is set on a session's file once a second process has opened it for writing. A process that was
 * considered dead may still have the file open and resume in the middle of a write, even though it has lost its lease:
 * a file with this bit never becomes a blob itself.
 */
const SHARED = 0o100

/** Identifies a file in its current state: another file has another inode number, and a change alters the time. */
export async function identityOf(handle: FileHandle): Promise<string> {
  const { ino, ctimeNs } = await handle.stat({ bigint: true })
  return `${ino} ${ctimeNs}`
}

/**
 * Opens the file of an upload session, and creates it if it is missing. `isKnown` is true if the file has the
 * `identity` that this process remembers, so that it has not changed since; otherwise the file is marked as shared
 * before anything is written to it.
 */
export async function openSession(path: string, identity?: string): Promise<{ handle: FileHandle; isKnown: boolean }> {
  for (;;) {
    const newFile = await open(path, 'wx+', PRIVATE_FILE).catch(undefinedIfExists)
    if (newFile) return { handle: newFile, isKnown: true }
    const handle = await ifExists(open(path, 'r+'))
    if (!handle) continue
    try {
      const isKnown = identity === (await identityOf(handle))
      if (isKnown || (await markShared(handle, path))) return { handle, isKnown }
    } catch (error) {
      await handle.close()
      throw error
    }
    await handle.close()
  }
}

/** Whether more than one process may write to a session's file. */
export const isShared = async (handle: FileHandle) => ((await handle.stat()).mode & SHARED) !== 0

/**
 * Moves a session's file to its destination; false, with the file back at its path, if another process may write to it.
 * The file is first renamed to a path that no other process knows: a process that opened it before has either marked it
 * by then, or finds that it is gone.
 */
export async function moveUnlessShared(
  { handle, path, aside }: { handle: FileHandle; path: string; aside: string },
  move: (from: string) => Promise<void>,
): Promise<boolean> {
  const isAside = await ifExists(rename(path, aside).then(() => true))
  if (!isAside) return false
  try {
    if (await isExclusive(aside, handle)) {
      await move(aside)
      return true
    }
  } catch (error) {
    await ifExists(rename(aside, path))
    throw error
  }
  await ifExists(rename(aside, path))
  return false
}

/** Marks a file as shared; false if it was moved or removed before, so that it no longer belongs to a session. */
async function markShared(handle: FileHandle, path: string): Promise<boolean> {
  const { mode, ino } = await handle.stat()
  await handle.chmod((mode & 0o777) | SHARED)
  // Opened rather than looked up with stat, which network file systems may answer from a cache.
  await using current = await ifExists(open(path, 'r'))
  return current !== undefined && (await current.stat()).ino === ino
}

async function isExclusive(aside: string, handle: FileHandle): Promise<boolean> {
  await using moved = await open(aside, 'r')
  const [{ ino }, ours] = await Promise.all([moved.stat(), handle.stat()])
  return ino === ours.ino && !(await isShared(moved))
}

function undefinedIfExists(error: unknown): undefined {
  if (!isCode(error, 'EEXIST')) throw error
}
