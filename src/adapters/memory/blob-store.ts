import { computeDigest } from '../../registry/images/manifest.js'
import { type BlobStore, type BlobWriter, DigestMismatch, type Notes } from '../../registry/ports/blob-store.js'

/** Blobs in the memory of this process, for tests and for registries that need not survive it. */
export function memoryBlobStore(): BlobStore {
  const blobs = new Map<string, Buffer>()
  const sessions = new Map<string, Session>()
  const notes = new Map<string, string>()

  return {
    size: async (digest) => blobs.get(digest)?.length,
    stat: async (digest) => statOf(blobs.get(digest)),
    async send(digest, { start, end }, take) {
      const bytes = blobs.get(digest)
      await (bytes && take(bytes.subarray(start, end + 1)))
      return bytes !== undefined
    },
    read: async (digest) => blobs.get(digest),
    create: async () => writerOf(blobs, newSession(), () => {}),
    async session(id) {
      const session = sessions.get(id) ?? newSession()
      sessions.set(id, session)
      return writerOf(blobs, session, () => sessions.delete(id))
    },
    async *list() {
      for (const [digest, { length: size }] of [...blobs]) yield { digest, size }
    },
    remove: (digest, confirm) => remove(blobs, digest, confirm),
    quarantine: async (digest) => void blobs.delete(digest),
    async *leftovers() {
      for (const [name, { modifiedAt }] of [...sessions]) yield { kind: 'upload', name, modifiedAt, mayBeInUse: false }
    },
    discard: async ({ name }) => void sessions.delete(name),
    notes: notesIn(notes),
    async clear() {
      blobs.clear()
      sessions.clear()
      notes.clear()
    },
  }
}

const statOf = (bytes: Buffer | undefined) => bytes && { size: bytes.length, version: `${bytes.length}` }

async function remove(
  blobs: Map<string, Buffer>,
  digest: string,
  confirm = () => Promise.resolve(true),
): Promise<void> {
  const bytes = blobs.get(digest)
  blobs.delete(digest)
  let isConfirmed = false
  try {
    isConfirmed = await confirm()
  } finally {
    if (!isConfirmed && bytes) blobs.set(digest, bytes)
  }
}

const notesIn = (notes: Map<string, string>): Notes => ({
  get: async (name) => notes.get(name),
  put: async (name, text) => void notes.set(name, text),
  remove: async (name) => void notes.delete(name),
  async *list(under) {
    yield* [...notes.keys()].filter((name) => name.startsWith(`${under}/`))
  },
})

const writerOf = (blobs: Map<string, Buffer>, session: Session, forget: () => void): BlobWriter => ({
  get size() {
    return session.size
  },
  name: undefined,
  async append(...chunks) {
    for (const chunk of chunks) {
      session.chunks.push(Buffer.from(chunk))
      session.size += chunk.length
    }
    session.modifiedAt = machineTime()
  },
  read: async (position, length) => whole(session).subarray(position, position + length),
  verify: async (digest) => verify(digest, whole(session)),
  async commit(digest) {
    forget()
    const bytes = whole(session)
    verify(digest, bytes)
    blobs.set(digest, bytes)
  },
  async close() {},
  async abort() {
    forget()
    session.chunks = []
  },
})

interface Session {
  chunks: Buffer[]
  size: number
  modifiedAt: number
}

const newSession = (): Session => ({ chunks: [], size: 0, modifiedAt: machineTime() })

const machineTime = () => performance.timeOrigin + performance.now()

/** Joins the chunks and stores the result, so that later reads need not join them again. */
function whole(session: Session): Buffer {
  const [first, ...others] = session.chunks
  const bytes = first && others.length === 0 ? first : Buffer.concat(session.chunks)
  session.chunks = [bytes]
  return bytes
}

function verify(digest: string, bytes: Buffer): void {
  const actual = computeDigest(bytes, digest)
  if (actual !== digest) throw new DigestMismatch(digest, actual)
}
