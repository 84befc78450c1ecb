import { mkdir, opendir, rename, stat, unlink } from 'node:fs/promises'
import { join } from 'node:path'
import type { Inventory, StoredBlob } from '../../registry/ports/blob-store.js'
import { blobPath } from './blob-path.js'
import type { Ids } from '../../registry/ports/ids.js'
import { type DurableDirectories, ifExists, renameDurably } from './durable.js'
import { PRIVATE_DIRECTORY } from './modes.js'
import { directoryOf, temporaryName } from './temporary-files.js'

/** The inventory of the blobs under a root. A reader that has a blob open can finish after its removal. */
export function blobInventory(
  root: string,
  ids: Ids,
  durable: DurableDirectories,
): Pick<Inventory, 'list' | 'remove' | 'quarantine'> {
  return {
    list: () => listBlobs(root),
    async remove(digest, confirm = () => Promise.resolve(true)) {
      const path = blobPath(root, digest)
      if (path === undefined) return
      const aside = join(root, directoryOf.temporary, temporaryName(ids.uuid()))
      const isMoved = (await ifExists(rename(path, aside).then(() => true))) ?? false
      let isConfirmed = false
      try {
        isConfirmed = await confirm()
      } finally {
        if (isConfirmed) await ifExists(unlink(aside))
        else if (isMoved) await renameDurably(aside, path, root, durable)
      }
    },
    async quarantine(digest) {
      const path = blobPath(root, digest)
      if (path === undefined) return
      await mkdir(join(root, 'quarantine'), { recursive: true, mode: PRIVATE_DIRECTORY })
      await ifExists(rename(path, join(root, 'quarantine', digest.replace(':', '-'))))
    },
  }
}

async function* listBlobs(root: string): AsyncGenerator<StoredBlob, void> {
  const blobs = join(root, 'blobs')
  for await (const algorithm of namesIn(blobs, 'directories')) {
    for await (const start of namesIn(join(blobs, algorithm), 'directories')) {
      for await (const hex of namesIn(join(blobs, algorithm, start), 'files')) {
        const digest = `${algorithm}:${hex}`
        const path = blobPath(root, digest)
        const stats = path === undefined ? undefined : await ifExists(stat(path))
        if (stats) yield { digest, size: stats.size }
      }
    }
  }
}

/**
 * The names in a directory, which may be removed during the iteration: by an operator, or when another process clears
 * the store.
 */
async function* namesIn(path: string, kind: 'directories' | 'files'): AsyncGenerator<string, void> {
  const directory = await ifExists(opendir(path))
  if (!directory) return
  for await (const entry of directory) if (entry.isDirectory() === (kind === 'directories')) yield entry.name
}
