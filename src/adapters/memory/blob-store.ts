import { createHash } from 'node:crypto'
import { type BlobStore, type BlobWriter, DigestMismatch } from '../../registry/ports/blob-store.js'

/** Keeps blobs in this process only: for tests and for registries nobody needs tomorrow. */
export function memoryBlobStore(): BlobStore {
  const blobs = new Map<string, Buffer>()
  const sessions = new Map<string, Appended>()

  return {
    size: async (digest) => blobs.get(digest)?.length,
    async send(digest, { start, end }, take) {
      const bytes = blobs.get(digest)
      await (bytes && take(bytes.subarray(start, end + 1)))
      return bytes !== undefined
    },
    read: async (digest) => blobs.get(digest),
    create: async () => writerOf(blobs, { chunks: [], size: 0 }, () => {}),
    async session(id) {
      const appended = sessions.get(id) ?? { chunks: [], size: 0 }
      sessions.set(id, appended)
      return writerOf(blobs, appended, () => sessions.delete(id))
    },
    async clear() {
      blobs.clear()
      sessions.clear()
    },
  }
}

const writerOf = (blobs: Map<string, Buffer>, appended: Appended, forget: () => void): BlobWriter => ({
  get size() {
    return appended.size
  },
  async append(chunk) {
    appended.chunks.push(Buffer.from(chunk))
    appended.size += chunk.length
  },
  read: async (position, length) => whole(appended).subarray(position, position + length),
  verify: async (digest) => verify(digest, whole(appended)),
  async commit(digest) {
    forget()
    const bytes = whole(appended)
    verify(digest, bytes)
    blobs.set(digest, bytes)
  },
  async close() {},
  async abort() {
    forget()
    appended.chunks = []
  },
})

interface Appended {
  chunks: Buffer[]
  size: number
}

/** Joins the chunks once, not at every read. */
function whole(appended: Appended): Buffer {
  const [first, ...others] = appended.chunks
  const bytes = first && others.length === 0 ? first : Buffer.concat(appended.chunks)
  appended.chunks = [bytes]
  return bytes
}

function verify(digest: string, bytes: Buffer): void {
  const actual = digestOf(digest, bytes)
  if (actual !== digest) throw new DigestMismatch(digest, actual)
}

const digestOf = (expected: string, bytes: Buffer) => {
  const algorithm = expected.startsWith('sha512:') ? 'sha512' : 'sha256'
  return `${algorithm}:${createHash(algorithm).update(bytes).digest('hex')}`
}
