import { type FileHandle, open } from 'node:fs/promises'
import { basename, join } from 'node:path'
import type { GrowingBytes } from '../../registry/ports/blob-store.js'
import { blobPath } from './blob-path.js'
import { readUpTo } from './blob-writer.js'
import { ifExists } from './durable.js'
import { directoryOf } from './temporary-files.js'

/**
 * A temporary file that another process writes to, on the disk both share. Once opened it stays readable whatever
 * becomes of its name: kept as a blob, or removed.
 */
export async function growingFile(root: string, name: string): Promise<GrowingBytes | undefined> {
  if (basename(name) !== name || name.startsWith('.')) return undefined
  const handle = await ifExists(open(join(root, directoryOf.temporary, name), 'r'))
  return (
    handle && {
      size: async () => (await handle.stat()).size,
      read: (position, length) => readUpTo(handle, position, length),
      became: (digest) => isFileOf(digest, root, handle),
      close: () => handle.close(),
    }
  )
}

async function isFileOf(digest: string, root: string, handle: FileHandle): Promise<boolean> {
  const path = blobPath(root, digest)
  const kept = path === undefined ? undefined : await ifExists(open(path, 'r'))
  if (!kept) return false
  await using blob = kept
  const [{ ino, dev }, ours] = await Promise.all([blob.stat(), handle.stat()])
  return ino === ours.ino && dev === ours.dev
}
