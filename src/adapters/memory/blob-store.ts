import { digestOf } from '../../registry/images/manifest.js'
import { type BlobStore, type BlobWriter, DigestMismatch, type Notes } from '../../registry/ports/blob-store.js'

/** Keeps blobs in this process only: for tests and for registries nobody needs tomorrow. */
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
      const appended = sessions.get(id) ?? newSession()
      sessions.set(id, appended)
      return writerOf(blobs, appended, () => sessions.delete(id))
    },
    follow: async () => undefined,
    locationOf: async () => undefined,
    async *list() {
      for (const [digest, { length: size }] of [...blobs]) yield { digest, size }
    },
    remove: (digest, mayGo) => remove(blobs, digest, mayGo),
    quarantine: async (digest) => void blobs.delete(digest),
    async *leftovers() {
      for (const [name, { touchedAt }] of [...sessions]) yield { kind: 'upload', name, touchedAt, mayBeInUse: false }
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

async function remove(blobs: Map<string, Buffer>, digest: string, mayGo = () => Promise.resolve(true)): Promise<void> {
  const bytes = blobs.get(digest)
  blobs.delete(digest)
  let goes = false
  try {
    goes = await mayGo()
  } finally {
    if (!goes && bytes) blobs.set(digest, bytes)
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

const writerOf = (blobs: Map<string, Buffer>, appended: Session, forget: () => void): BlobWriter => ({
  get size() {
    return appended.size
  },
  name: undefined,
  async append(chunk) {
    appended.chunks.push(Buffer.from(chunk))
    appended.size += chunk.length
    appended.touchedAt = machineTime()
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

interface Session {
  chunks: Buffer[]
  size: number
  touchedAt: number
}

const newSession = (): Session => ({ chunks: [], size: 0, touchedAt: machineTime() })

const machineTime = () => performance.timeOrigin + performance.now()

/** Joins the chunks once, not at every read. */
function whole(appended: Session): Buffer {
  const [first, ...others] = appended.chunks
  const bytes = first && others.length === 0 ? first : Buffer.concat(appended.chunks)
  appended.chunks = [bytes]
  return bytes
}

function verify(digest: string, bytes: Buffer): void {
  const actual = digestOf(bytes, digest)
  if (actual !== digest) throw new DigestMismatch(digest, actual)
}
