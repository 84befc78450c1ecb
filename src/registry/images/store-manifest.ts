import type { Uploads } from '../ports/blob-store.js'

/**
 * Stores the bytes of a manifest as the blob of its digest. An image is recorded only after its manifest is durable.
 */
export async function storeManifest(blobs: Pick<Uploads, 'create'>, digest: string, bytes: Uint8Array): Promise<void> {
  const writer = await blobs.create()
  try {
    await writer.append(bytes)
    await writer.commit(digest)
  } catch (error) {
    await writer.abort()
    throw error
  }
}
