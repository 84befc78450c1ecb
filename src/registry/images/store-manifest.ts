import type { BlobStore } from '../ports/blob-store.js'

/** Keeps a manifest's bytes as they came, under their digest: an image is recorded only after its manifest is durable. */
export async function keepManifest(blobs: BlobStore, digest: string, bytes: Uint8Array): Promise<void> {
  const writer = await blobs.create()
  try {
    await writer.append(bytes)
    await writer.commit(digest)
  } catch (error) {
    await writer.abort()
    throw error
  }
}
