import { type FileHandle, open, rename } from 'node:fs/promises'
import { ifExists, isCode } from './durable.js'
import { PRIVATE_FILE } from './modes.js'

/**
 * Set on a session's file once a second process has opened it to write. A process that was taken for dead may still hold
 * the file and wake up in the middle of a write, whatever its lease says: such a file never becomes a blob itself.
 */
const SHARED = 0o100

/** Identifies a file in its current state: another file has another inode, a changed one another time. */
export async function identityOf(handle: FileHandle): Promise<string> {
  const { ino, ctimeNs } = await handle.stat({ bigint: true })
  return `${ino} ${ctimeNs}`
}

/**
 * Opens the file of an upload session, creating it if necessary. `isKnown` says that it is as this process left it, by the
 * identity it remembers; otherwise the file is marked as shared before a byte is written.
 */
export async function openSession(path: string, identity?: string): Promise<{ handle: FileHandle; isKnown: boolean }> {
  for (;;) {
    const made = await open(path, 'wx+', PRIVATE_FILE).catch(orUndefinedIfThere)
    if (made) return { handle: made, isKnown: true }
    const handle = await ifExists(open(path, 'r+'))
    if (!handle) continue
    try {
      const isKnown = identity === (await identityOf(handle))
      if (isKnown || (await share(handle, path))) return { handle, isKnown }
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
 * Moves a session's file to its blob's path; false, with the file unmoved, if another process may write to it. First the file
 * gets a secret name: a process that opened it before that has marked it as shared by then, or finds that it is gone.
 */
export async function moveUnlessShared(
  { handle, path, aside }: { handle: FileHandle; path: string; aside: string },
  move: (from: string) => Promise<void>,
): Promise<boolean> {
  const isThere = await ifExists(rename(path, aside).then(() => true))
  if (!isThere) return false
  try {
    if (await isOursAlone(aside, handle)) {
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

/** False where the file was moved or removed before it was marked: then its bytes are no session's any more. */
async function share(handle: FileHandle, path: string): Promise<boolean> {
  const { mode, ino } = await handle.stat()
  await handle.chmod((mode & 0o777) | SHARED)
  // Opened rather than looked up: file systems on the network answer that from the server.
  await using there = await ifExists(open(path, 'r'))
  return there !== undefined && (await there.stat()).ino === ino
}

async function isOursAlone(aside: string, handle: FileHandle): Promise<boolean> {
  await using moved = await open(aside, 'r')
  const [{ ino }, ours] = await Promise.all([moved.stat(), handle.stat()])
  return ino === ours.ino && !(await isShared(moved))
}

function orUndefinedIfThere(error: unknown): undefined {
  if (!isCode(error, 'EEXIST')) throw error
}
