import { type FileHandle, open } from 'node:fs/promises'
import { basename, join } from 'node:path'
import type { GrowingBytes } from '../../registry/ports/blob-store.js'
import { blobPath } from './blob-path.js'
import { readUpTo } from './blob-writer.js'
import { ifExists } from './durable.js'
import { directoryOf } from './temporary-files.js'

/**
 * Opens a temporary file that another process is writing, on a disk that both share. Once opened it stays readable,
 * even after the file was moved to become a blob or was removed.
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
  await using blob = path === undefined ? undefined : await ifExists(open(path, 'r'))
  if (!blob) return false
  const [{ ino, dev }, ours] = await Promise.all([blob.stat(), handle.stat()])
  return ino === ours.ino && dev === ours.dev
}
