import { createHash, type Hash } from 'node:crypto'
import { constants, open } from 'node:fs/promises'
import { join } from 'node:path'
import { LRUCache } from 'lru-cache'
import type { BlobStore } from '../../registry/ports/blob-store.js'
import type { Ids } from '../../registry/ports/ids.js'
import { type Appended, blobWriter } from './blob-writer.js'
import { orNoSpace } from './durable.js'
import { temporaryName } from './temporary-files.js'

const sessionsRemembered = 1024

/** The two ways in: a temporary file for bytes that come in one go, a named one for an upload session. */
export function blobWriters(root: string, ids: Ids): Pick<BlobStore, 'create' | 'session'> & { forget: () => void } {
  const closedSessions = new LRUCache<string, Appended>({ max: sessionsRemembered })
  return {
    async create() {
      const path = join(root, 'tmp', temporaryName(ids.uuid()))
      const handle = await orNoSpace(root, () => open(path, 'wx+', 0o644))
      const appended = { size: 0, sha256: createHash('sha256') }
      return blobWriter({ root, path, handle, appended, whenFull: 'abort' })
    },
    async session(id) {
      if (!/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(id)) throw new Error(`${id} is no upload id`)
      const path = join(root, 'uploads', id)
      const handle = await orNoSpace(root, () => open(path, constants.O_RDWR | constants.O_CREAT, 0o644))
      const { size } = await handle.stat()
      const appended = { size, sha256: hashSoFar(size, closedSessions.get(id)) }
      closedSessions.delete(id)
      const released = (now: Appended) => void closedSessions.set(id, now)
      return blobWriter({ root, path, handle, appended, whenFull: 'truncate', released })
    },
    forget: () => closedSessions.clear(),
  }
}

/** Saves reading an upload again when it is completed in the process that received it: docker sends PATCH, then PUT. */
function hashSoFar(size: number, closed: Appended | undefined): Hash | undefined {
  if (size === 0) return createHash('sha256')
  return closed?.size === size ? closed.sha256 : undefined
}
