import type { BlobStore } from '../../registry/ports/blob-store.js'

/** The same blobs without redirects: their bytes come through this process, for clients that cannot reach the bucket. */
export function streamed(blobs: BlobStore): BlobStore {
  const { ...withoutRedirects } = blobs
  delete withoutRedirects.locationOf
  return withoutRedirects
}
