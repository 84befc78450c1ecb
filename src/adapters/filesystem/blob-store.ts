import { mkdirSync } from 'node:fs'
import { mkdir, open, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { LRUCache } from 'lru-cache'
import type { BlobStore } from '../../registry/ports/blob-store.js'
import type { Ids } from '../../registry/ports/ids.js'
import { blobPath } from './blob-path.js'
import { sendFile } from './blob-sender.js'
import { blobWriters } from './blob-writers.js'
import { ifExists } from './durable.js'
import { sweepTemporaryFiles, sweepUploads } from './temporary-files.js'

const smallBlob = 4 * 1024 * 1024
const smallBlobsKept = 64 * 1024 * 1024

/**
 * Blobs as files: `blobs/<algorithm>/<first two hex>/<hex>`, with `tmp` and `uploads` beside them on the same file
 * system so that a commit is one rename. What dead processes left in `tmp`, and uploads
 * nobody went on with, are removed without anyone waiting for it.
 */
export function filesystemBlobStore({ root, ids }: { root: string; ids: Ids }): BlobStore {
  const directories = ['blobs', 'tmp', 'uploads'].map((name) => join(root, name))
  const { create, session, forget } = blobWriters(root, ids)
  const { size, read, forgetSmall } = smallBlobs(root)

  for (const directory of directories) mkdirSync(directory, { recursive: true })
  // Whatever could not be removed now is tried again at the next start.
  sweepTemporaryFiles(join(root, 'tmp')).catch(() => {})
  sweepUploads(join(root, 'uploads')).catch(() => {})

  return {
    size,
    async send(digest, range, take) {
      await using handle = await openBlob(root, digest)
      if (handle) await sendFile(handle, range, take)
      return handle !== undefined
    },
    read,
    create,
    session,
    async clear() {
      forgetSmall()
      forget()
      for (const directory of directories) {
        await rm(directory, { recursive: true, force: true })
        await mkdir(directory, { recursive: true })
      }
    },
  }
}

/** Manifests and configs are asked for again and again: those read last stay in memory. */
function smallBlobs(root: string): Pick<BlobStore, 'size' | 'read'> & { forgetSmall: () => void } {
  const small = new LRUCache<string, Buffer>({
    maxSize: smallBlobsKept,
    maxEntrySize: smallBlob,
    sizeCalculation: (bytes) => bytes.length + 1,
  })
  return {
    async size(digest) {
      const path = blobPath(root, digest)
      if (path === undefined) return undefined
      return small.get(digest)?.length ?? (await ifExists(stat(path)))?.size
    },
    async read(digest) {
      const known = small.get(digest)
      if (known) return known
      await using handle = await openBlob(root, digest)
      const bytes = await handle?.readFile()
      if (bytes) small.set(digest, bytes)
      return bytes
    },
    forgetSmall: () => small.clear(),
  }
}

async function openBlob(root: string, digest: string) {
  const path = blobPath(root, digest)
  return path === undefined ? undefined : await ifExists(open(path, 'r'))
}
