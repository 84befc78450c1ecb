import type { BlobStore, BlobWriter } from '../registry/ports/blob-store.js'
import type { Touches } from '../registry/ports/pins.js'

/**
 * Blobs that the sweep leaves alone from the moment they are there: nothing refers to them yet, and whoever has written
 * them is about to.
 */
export function keptBlobs(blobs: BlobStore, touches: Touches): BlobStore {
  return {
    ...blobs,
    create: async () => touchingWriter(await blobs.create(), touches),
    session: async (id) => touchingWriter(await blobs.session(id), touches),
  }
}

const touchingWriter = (writer: BlobWriter, touches: Touches): BlobWriter => ({
  get size() {
    return writer.size
  },
  get name() {
    return writer.name
  },
  append: (chunk) => writer.append(chunk),
  read: (position, length) => writer.read(position, length),
  verify: (digest) => writer.verify(digest),
  async commit(digest) {
    await touches.touch(digest)
    await writer.commit(digest)
  },
  close: () => writer.close(),
  abort: () => writer.abort(),
})
