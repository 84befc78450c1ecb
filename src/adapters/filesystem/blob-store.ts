import { mkdirSync } from 'node:fs'
import { mkdir, open, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { BlobStat, BlobStore } from '../../registry/ports/blob-store.js'
import type { Ids } from '../../registry/ports/ids.js'
import { blobInventory } from './blob-inventory.js'
import { blobPath } from './blob-path.js'
import { fileSender } from './blob-sender.js'
import { blobWriters } from './blob-writers.js'
import { durableDirectories, ifExists } from './durable.js'
import { PRIVATE_DIRECTORY } from './modes.js'
import { fileNotes } from './notes.js'
import { discardIn, leftoversIn } from './temporary-files.js'

/**
 * Stores blobs as files `blobs/<algorithm>/<first two hex>/<hex>`. `tmp` and `uploads` are on the same file system, so
 * that a commit is one rename. Any number of processes may share the directory.
 */
export function filesystemBlobStore({ root, ids }: { root: string; ids: Ids }): BlobStore {
  const directories = ['blobs', 'tmp', 'uploads', 'notes', 'quarantine'].map((name) => join(root, name))
  const durable = durableDirectories()
  const { forget, ...writers } = blobWriters(root, ids, durable)
  const sendFile = fileSender()

  for (const directory of directories) mkdirSync(directory, { recursive: true, mode: PRIVATE_DIRECTORY })

  return {
    ...writers,
    ...blobInventory(root, ids, durable),
    size: async (digest) => (await statBlob(root, digest))?.size,
    stat: (digest) => statBlob(root, digest),
    async send(digest, range, take) {
      const path = blobPath(root, digest)
      return path !== undefined && (await sendFile(path, range, take))
    },
    async read(digest) {
      await using handle = await openBlob(root, digest)
      return await handle?.readFile()
    },
    leftovers: () => leftoversIn(root),
    discard: (leftover) => discardIn(root, leftover),
    notes: fileNotes(root, ids, durable),
    async clear() {
      forget()
      durable.known.clear()
      for (const directory of directories) {
        await rm(directory, { recursive: true, force: true })
        await mkdir(directory, { recursive: true, mode: PRIVATE_DIRECTORY })
      }
    },
  }
}

async function statBlob(root: string, digest: string): Promise<BlobStat | undefined> {
  const path = blobPath(root, digest)
  const stats = path === undefined ? undefined : await ifExists(stat(path))
  return stats && { size: stats.size, version: `${stats.size} ${stats.mtimeMs} ${stats.ino}` }
}

async function openBlob(root: string, digest: string) {
  const path = blobPath(root, digest)
  return path === undefined ? undefined : await ifExists(open(path, 'r'))
}
