import { LRUCache } from 'lru-cache'
import type { BlobStore } from '../../registry/ports/blob-store.js'

const MiB = 1024 * 1024

/** A manifest is 4 MiB at most; what is larger is nothing that is read whole. */
const LARGEST = 4 * MiB

/**
 * Keeps small blobs that were read in this process: a manifest never changes. Whether a blob is there is not answered from
 * here, nor is it sent from here: another process may have removed it.
 */
export function withSmallBlobsInMemory(blobs: BlobStore, maxBytes = 64 * MiB): BlobStore {
  // An empty blob counts, too: the cache takes no sizes of 0.
  const sizeCalculation = ({ length }: Buffer) => length + 1
  const read = new LRUCache<string, Buffer>({ maxSize: maxBytes, maxEntrySize: LARGEST + 1, sizeCalculation })
  return {
    ...blobs,
    async read(digest) {
      const kept = read.get(digest)
      if (kept) return kept
      const bytes = await blobs.read(digest)
      if (bytes) read.set(digest, bytes)
      return bytes
    },
    async remove(digest, confirm) {
      await blobs.remove(digest, confirm)
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
