import { LRUCache } from 'lru-cache'
import { digestOfStoredBlob } from '../../registry/images/stored-digest.js'
import { computeDigest } from '../../registry/images/manifest.js'
import {
  BlobDamaged,
  type BlobStat,
  type BlobStore,
  type BlobWriter,
  type ByteRange,
  type TakeChunk,
} from '../../registry/ports/blob-store.js'
import type { Log } from '../../registry/ports/log.js'

/** The settings of verification. */
export interface VerificationOptions {
  readonly log: Pick<Log, 'error'>
  /**
   * Whether a blob's bytes are hashed the first time they are sent. An object store keeps checksums of its own and may
   * send the bytes to clients directly: there the bytes are only read if the size differs from that in the record.
   */
  readonly hashesOnSend: boolean
}

/**
 * The number of blobs whose verification is remembered, some 200 bytes each. Any other blob is hashed again.
 * With `max` in place of `maxSize` the cache would allocate memory for all of them, 3 MB and 8 ms of every start.
 */
const REMEMBERED = 100_000

/**
 * Never serves a damaged blob completely. Each process hashes a blob when it first sends it, and again if the file has
 * changed since; a blob that this process committed has been hashed already. Clients receive the bytes during the
 * verification, except for the last chunk. A damaged blob is quarantined, which is logged, and is then absent: a blob
 * that a pull through cache rule covers is fetched again, a pushed one can be pushed again.
 */
export function verifiedBlobs(blobs: BlobStore, { log, hashesOnSend }: VerificationOptions): BlobStore {
  const { versions, isIntact } = verification(blobs, log)

  async function commit(writer: BlobWriter, digest: string): Promise<void> {
    await writer.commit(digest)
    // An object store does not replace an existing object, whatever its bytes are.
    const stat = hashesOnSend ? await blobs.stat(digest) : undefined
    if (stat) versions.set(digest, stat.version)
  }

  return {
    ...blobs,
    async size(digest, expected) {
      const stat = await blobs.stat(digest)
      if (!stat || versions.get(digest) !== stat.version) versions.delete(digest)
      if (!stat || expected === undefined || stat.size === expected || versions.has(digest)) return stat?.size
      return (await isIntact(digest)) ? stat.size : undefined
    },
    async send(digest, range, take) {
      if (!hashesOnSend || versions.has(digest)) return blobs.send(digest, range, take)
      const intact = isIntact(digest)
      // If the blob is absent or sending fails first, this result is unused: mark its rejection as handled.
      intact.catch(() => {})
      return blobs.send(digest, range, withholdingLastChunk(digest, range, take, intact))
    },
    async read(digest) {
      const bytes = await blobs.read(digest)
      if (!bytes || computeDigest(bytes, digest) === digest) return bytes
      return (await isIntact(digest)) ? blobs.read(digest) : undefined
    },
    create: async () => withCommit(await blobs.create(), commit),
    session: async (id) => withCommit(await blobs.session(id), commit),
    async clear() {
      await blobs.clear()
      versions.clear()
    },
  }
}

interface Verification {
  /** The versions of the blobs whose bytes were found to match their digests. */
  readonly versions: LRUCache<string, string>
  /** Whether a blob's bytes match its digest, read once for all concurrent callers; false if there is no such blob. */
  readonly isIntact: (digest: string) => Promise<boolean>
}

function verification(blobs: BlobStore, log: VerificationOptions['log']): Verification {
  const versions = new LRUCache<string, string>({ maxSize: REMEMBERED, sizeCalculation: () => 1 })
  const verifications = new Map<string, Promise<boolean>>()

  async function verify(digest: string): Promise<boolean> {
    const stat = await blobs.stat(digest)
    if (!stat) return false
    const actual = await digestOfStoredBlob({ digest, size: stat.size }, blobs)
    if (actual === undefined) return false
    if (actual !== digest) return quarantine(digest, stat)
    versions.set(digest, stat.version)
    return true
  }

  /** A blob that was replaced while it was read stays: the new one is verified when it is read. */
  async function quarantine(digest: string, { size, version }: BlobStat): Promise<false> {
    versions.delete(digest)
    if ((await blobs.stat(digest))?.version !== version) return false
    await blobs.quarantine(digest)
    log.error({ digest, size }, 'a blob is damaged: its bytes do not match its digest. It was quarantined')
    return false
  }

  return {
    versions,
    isIntact(digest) {
      const result = verifications.get(digest) ?? verify(digest).finally(() => verifications.delete(digest))
      verifications.set(digest, result)
      return result
    },
  }
}

/** Passes on all chunks of a range, the last one only when the whole blob has been verified. */
function withholdingLastChunk(
  digest: string,
  { start, end }: ByteRange,
  take: TakeChunk,
  intact: Promise<boolean>,
): TakeChunk {
  let position = start
  return async (chunk) => {
    position += chunk.length
    if (position > end && !(await intact)) throw new BlobDamaged(digest)
    await take(chunk)
  }
}

const withCommit = (writer: BlobWriter, commit: (writer: BlobWriter, digest: string) => Promise<void>): BlobWriter => ({
  get size() {
    return writer.size
  },
  get name() {
    return writer.name
  },
  append: (...chunks) => writer.append(...chunks),
  read: (position, length) => writer.read(position, length),
  verify: (digest) => writer.verify(digest),
  commit: (digest) => commit(writer, digest),
  close: () => writer.close(),
  abort: () => writer.abort(),
})
