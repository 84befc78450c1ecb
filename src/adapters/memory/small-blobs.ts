import { LRUCache } from 'lru-cache'
import type { BlobStore } from '../../registry/ports/blob-store.js'

const MiB = 1024 * 1024

/** The largest blob that is cached, the maximum size of a manifest. Larger blobs are not read as a whole. */
const LARGEST = 4 * MiB

/**
 * Caches small blobs that were read, such as manifests, which never change. `size`, `stat` and `send` are not answered
 * from the cache, because another process may have removed the blob.
 */
export function withSmallBlobsInMemory(blobs: BlobStore, maxBytes = 64 * MiB): BlobStore {
  // The cache does not accept a size of 0, so an empty blob counts as 1.
  const sizeCalculation = ({ length }: Buffer) => length + 1
  const cache = new LRUCache<string, Buffer>({ maxSize: maxBytes, maxEntrySize: LARGEST + 1, sizeCalculation })
  return {
    ...blobs,
    async read(digest) {
      const cached = cache.get(digest)
      if (cached) return cached
      const bytes = await blobs.read(digest)
      if (bytes) cache.set(digest, bytes)
      return bytes
    },
    async remove(digest, confirm) {
      await blobs.remove(digest, confirm)
      cache.delete(digest)
    },
    async quarantine(digest) {
      await blobs.quarantine(digest)
      cache.delete(digest)
    },
    async clear() {
      await blobs.clear()
      cache.clear()
    },
  }
}
