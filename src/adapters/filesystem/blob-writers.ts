import { createHash } from 'node:crypto'
import { open } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { LRUCache } from 'lru-cache'
import type { Follows, Uploads } from '../../registry/ports/blob-store.js'
import type { Ids } from '../../registry/ports/ids.js'
import { type WriterProgress, blobWriter } from './blob-writer.js'
import { type DurableDirectories, orNoSpace } from './durable.js'
import { growingFile } from './growing-file.js'
import { PRIVATE_FILE } from './modes.js'
import { identityOf, openSession } from './session-file.js'
import { directoryOf, temporaryName } from './temporary-files.js'

const MAX_CLOSED_SESSIONS = 1024

/** What is remembered of an upload session between two requests. */
interface ClosedSession extends Pick<WriterProgress, 'sha256'> {
  readonly identity: string
}

/**
 * Creates the two kinds of writers: one for a temporary file, for bytes that arrive in one transfer and that other
 * processes can follow by its name, and one for the file of an upload session.
 */
export function blobWriters(
  root: string,
  ids: Ids,
  durable: DurableDirectories,
): Uploads & Follows & { forget: () => void } {
  const closedSessions = new LRUCache<string, ClosedSession>({ max: MAX_CLOSED_SESSIONS })
  const temporary = () => join(root, directoryOf.temporary, temporaryName(ids.uuid()))

  async function create() {
    const path = temporary()
    const handle = await orNoSpace(root, () => open(path, 'wx+', PRIVATE_FILE))
    const progress = { size: 0, sha256: createHash('sha256') }
    return blobWriter({ root, durable, path, handle, name: basename(path), progress, whenFull: 'abort' })
  }

  return {
    create,
    async session(id) {
      if (!/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(id)) throw new Error(`${id} is not an upload id`)
      const path = join(root, directoryOf.upload, id)
      const closed = closedSessions.get(id)
      const { handle, isKnown } = await orNoSpace(root, () => openSession(path, closed?.identity))
      const { size } = await handle.stat()
      // Avoids reading the upload again if the process that received it also completes it: docker sends PATCH, then
      // PUT.
      const sha256 = size === 0 ? createHash('sha256') : isKnown ? closed?.sha256 : undefined
      closedSessions.delete(id)
      const session = {
        aside: temporary(),
        create,
        onClose: async (latest: WriterProgress) =>
          void closedSessions.set(id, { sha256: latest.sha256, identity: await identityOf(handle) }),
      }
      return blobWriter({ root, durable, path, handle, progress: { size, sha256 }, whenFull: 'truncate', session })
    },
    follow: (name) => growingFile(root, name),
    forget: () => closedSessions.clear(),
  }
}
