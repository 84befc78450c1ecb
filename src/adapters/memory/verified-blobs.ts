import { LRUCache } from 'lru-cache'
import { digestOfKept } from '../../registry/images/stored-digest.js'
import { digestOf } from '../../registry/images/manifest.js'
import {
  BlobDamaged,
  type BlobStat,
  type BlobStore,
  type BlobWriter,
  type ByteRange,
  type TakeChunk,
} from '../../registry/ports/blob-store.js'
import type { Log } from '../../registry/ports/log.js'

/** What verifying takes. */
export interface Verifying {
  readonly log: Pick<Log, 'error'>
  /**
   * Whether a blob's bytes are hashed the first time they are sent. An object store keeps checksums of its own and may
   * give the bytes to clients without us: there only a size that is not the record's has the bytes read.
   */
  readonly hashesWhatIsSent: boolean
}

/** Blobs whose verification is remembered, some 200 bytes each; any other is hashed again. */
const REMEMBERED = 100_000

/**
 * Never gives out a damaged blob as whole. A blob is hashed once in each process, when it is first sent and again when its
 * file has changed since; what this process committed has been hashed already. Clients are sent bytes meanwhile, but not
 * the last chunk. A blob that turns out damaged is quarantined and logged, and is then not there: what a pull through
 * cache rule serves is fetched again, what was pushed can be pushed again.
 */
export function verifiedBlobs(blobs: BlobStore, { log, hashesWhatIsSent }: Verifying): BlobStore {
  const { verified, isIntact } = verification(blobs, log)

  async function commit(writer: BlobWriter, digest: string): Promise<void> {
    await writer.commit(digest)
    // An object store leaves an object alone that is there already, whatever its bytes are.
    const stat = hashesWhatIsSent ? await blobs.stat(digest) : undefined
    if (stat) verified.set(digest, stat.version)
  }

  return {
    ...blobs,
    async size(digest, expected) {
      const stat = await blobs.stat(digest)
      if (!stat || verified.get(digest) !== stat.version) verified.delete(digest)
      if (!stat || expected === undefined || stat.size === expected || verified.has(digest)) return stat?.size
      return (await isIntact(digest)) ? stat.size : undefined
    },
    async send(digest, range, take) {
      if (!hashesWhatIsSent || verified.has(digest)) return blobs.send(digest, range, take)
      const intact = isIntact(digest)
      // Where the blob is not there, or sending fails first, the outcome is of no more use.
      intact.catch(() => {})
      return blobs.send(digest, range, heldBack(digest, range, take, intact))
    },
    async read(digest) {
      const bytes = await blobs.read(digest)
      if (!bytes || digestOf(bytes, digest) === digest) return bytes
      return (await isIntact(digest)) ? blobs.read(digest) : undefined
    },
    create: async () => committing(await blobs.create(), commit),
    session: async (id) => committing(await blobs.session(id), commit),
    async clear() {
      await blobs.clear()
      verified.clear()
    },
  }
}

interface Verification {
  /** The version of each blob whose bytes were what its digest says. */
  readonly verified: LRUCache<string, string>
  /** Whether a blob's bytes are what its digest says, read once for all who want to know; false where there is none. */
  readonly isIntact: (digest: string) => Promise<boolean>
}

function verification(blobs: BlobStore, log: Verifying['log']): Verification {
  const verified = new LRUCache<string, string>({ max: REMEMBERED })
  const verifying = new Map<string, Promise<boolean>>()

  async function verify(digest: string): Promise<boolean> {
    const stat = await blobs.stat(digest)
    if (!stat) return false
    const actual = await digestOfKept({ digest, size: stat.size }, blobs)
    if (actual === undefined) return false
    if (actual !== digest) return quarantine(digest, stat)
    verified.set(digest, stat.version)
    return true
  }

  /** A blob that was replaced while it was read is left alone: the new one is verified when it is read. */
  async function quarantine(digest: string, { size, version }: BlobStat): Promise<false> {
    verified.delete(digest)
    if ((await blobs.stat(digest))?.version !== version) return false
    await blobs.quarantine(digest)
    log.error({ digest, size }, 'a blob is damaged: its bytes are not what its digest says. It was quarantined')
    return false
  }

  return {
    verified,
    isIntact(digest) {
      const reading = verifying.get(digest) ?? verify(digest).finally(() => verifying.delete(digest))
      verifying.set(digest, reading)
      return reading
    },
  }
}

/** Hands over everything but the last chunk of a range, and that one when the whole blob has been verified. */
function heldBack(digest: string, { start, end }: ByteRange, take: TakeChunk, intact: Promise<boolean>): TakeChunk {
  let position = start
  return async (chunk) => {
    position += chunk.length
    if (position > end && !(await intact)) throw new BlobDamaged(digest)
    await take(chunk)
  }
}

const committing = (writer: BlobWriter, commit: (writer: BlobWriter, digest: string) => Promise<void>): BlobWriter => ({
  get size() {
    return writer.size
  },
  get name() {
    return writer.name
  },
  append: (chunk) => writer.append(chunk),
  read: (position, length) => writer.read(position, length),
  verify: (digest) => writer.verify(digest),
  commit: (digest) => commit(writer, digest),
  close: () => writer.close(),
  abort: () => writer.abort(),
})
