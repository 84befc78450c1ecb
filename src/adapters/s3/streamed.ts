import type { BlobStore } from '../../registry/ports/blob-store.js'

/**
 * Removes redirects from a blob store: the bytes of blobs then pass through this process, for clients that cannot reach
 * the bucket.
 */
export function streamed(blobs: BlobStore): BlobStore {
  const { ...withoutRedirects } = blobs
  delete withoutRedirects.locationOf
  return withoutRedirects
}
