import { createHash } from 'node:crypto'
import { LRUCache } from 'lru-cache'
import type { BlobStore } from '../../registry/ports/blob-store.js'
import type { Log } from '../../registry/ports/log.js'

const MiB = 1024 * 1024

/** A manifest is 4 MiB at most; what is larger is nothing that is read whole. */
const LARGEST = 4 * MiB

/**
 * Keeps small blobs that were read in this process: a manifest never changes. Whether a blob is there is not answered from
 * here, nor is it sent from here: another process may have removed it. Bytes that have rotted are none: were they kept, a
 * blob that was mended would not be here.
 */
export function withSmallBlobsInMemory(blobs: BlobStore, log: Log, maxBytes = 64 * MiB): BlobStore {
  // An empty blob counts, too: the cache takes no sizes of 0.
  const sizeCalculation = ({ length }: Buffer) => length + 1
  const read = new LRUCache<string, Buffer>({ maxSize: maxBytes, maxEntrySize: LARGEST + 1, sizeCalculation })
  return {
    ...blobs,
    async read(digest) {
      const kept = read.get(digest)
      if (kept) return kept
      const bytes = await blobs.read(digest)
      if (bytes && digestOf(digest, bytes) !== digest) {
        log.error({ digest }, 'a blob is broken: its bytes are not what its digest says. Run ecr-local fsck --repair')
        return undefined
      }
      if (bytes) read.set(digest, bytes)
      return bytes
    },
    async remove(digest, mayGo) {
      await blobs.remove(digest, mayGo)
      read.delete(digest)
    },
    async quarantine(digest) {
      await blobs.quarantine(digest)
      read.delete(digest)
    },
    async clear() {
      await blobs.clear()
      read.clear()
    },
  }
}

function digestOf(expected: string, bytes: Buffer): string {
  const algorithm = expected.startsWith('sha512:') ? 'sha512' : 'sha256'
  return `${algorithm}:${createHash(algorithm).update(bytes).digest('hex')}`
}
