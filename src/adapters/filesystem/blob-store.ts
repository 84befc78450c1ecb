import { createHash, type Hash } from 'node:crypto'
import { mkdirSync } from 'node:fs'
import { constants, mkdir, open, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { LRUCache } from 'lru-cache'
import type { BlobStore } from '../../registry/ports/blob-store.js'
import type { Ids } from '../../registry/ports/ids.js'
import { blobPath } from './blob-path.js'
import { blobReader } from './blob-reader.js'
import { type Appended, blobWriter } from './blob-writer.js'
import { ifExists, orNoSpace } from './durable.js'
import { sweepTemporaryFiles, temporaryName } from './temporary-files.js'

const smallBlob = 4 * 1024 * 1024
const smallBlobsKept = 64 * 1024 * 1024
const sessionsRemembered = 1024

/**
 * Blobs as files: `blobs/<algorithm>/<first two hex>/<hex>`, with `tmp` and `uploads` beside them on the same file
 * system so that a commit is one rename. What dead processes left in `tmp` is removed without anyone waiting for it.
 */
export function filesystemBlobStore({ root, ids }: { root: string; ids: Ids }): BlobStore {
  const [blobs, temporary, uploads] = [join(root, 'blobs'), join(root, 'tmp'), join(root, 'uploads')]
  const small = new LRUCache<string, Buffer>({
    maxSize: smallBlobsKept,
    maxEntrySize: smallBlob,
    sizeCalculation: (bytes) => bytes.length + 1,
  })
  const closedSessions = new LRUCache<string, Appended>({ max: sessionsRemembered })

  for (const directory of [blobs, temporary, uploads]) mkdirSync(directory, { recursive: true })
  // Whatever could not be removed now is tried again at the next start.
  sweepTemporaryFiles(temporary).catch(() => {})

  async function openBlob(digest: string) {
    const path = blobPath(root, digest)
    return path === undefined ? undefined : await ifExists(open(path, 'r'))
  }

  return {
    async size(digest) {
      const path = blobPath(root, digest)
      if (path === undefined) return undefined
      return small.get(digest)?.length ?? (await ifExists(stat(path)))?.size
    },
    async open(digest, range) {
      const handle = await openBlob(digest)
      if (!handle) return undefined
      const { size } = await handle.stat()
      return blobReader(handle, range ?? { start: 0, end: size - 1 })
    },
    async read(digest) {
      const known = small.get(digest)
      if (known) return known
      await using handle = await openBlob(digest)
      const bytes = await handle?.readFile()
      if (bytes) small.set(digest, bytes)
      return bytes
    },
    async create() {
      const path = join(temporary, temporaryName(ids.uuid()))
      const handle = await orNoSpace(root, () => open(path, 'wx+', 0o644))
      const appended = { size: 0, sha256: createHash('sha256') }
      return blobWriter({ root, path, handle, appended, whenFull: 'abort', released: () => {} })
    },
    async session(id) {
      if (!/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(id)) throw new Error(`${id} is no upload id`)
      const path = join(uploads, id)
      const handle = await orNoSpace(root, () => open(path, constants.O_RDWR | constants.O_CREAT, 0o644))
      const { size } = await handle.stat()
      const appended = { size, sha256: hashSoFar(size, closedSessions.get(id)) }
      closedSessions.delete(id)
      const released = (now?: Appended) => void (now && closedSessions.set(id, now))
      return blobWriter({ root, path, handle, appended, whenFull: 'truncate', released })
    },
    async clear() {
      small.clear()
      closedSessions.clear()
      for (const directory of [blobs, temporary, uploads]) {
        await rm(directory, { recursive: true, force: true })
        await mkdir(directory, { recursive: true })
      }
    },
  }
}

/** Saves reading an upload again when it is completed in the process that received it: docker sends PATCH, then PUT. */
function hashSoFar(size: number, closed: Appended | undefined): Hash | undefined {
  if (size === 0) return createHash('sha256')
  return closed?.size === size ? closed.sha256 : undefined
}
