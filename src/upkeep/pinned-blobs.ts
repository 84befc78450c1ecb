import type { BlobWriter, Uploads } from '../registry/ports/blob-store.js'
import type { Pins } from '../registry/ports/pins.js'

/**
 * A blob store that pins each blob before it is committed: no record refers to a new blob yet, and the sweep must leave
 * it alone until its writer has recorded it.
 */
export function pinnedBlobs<B extends Uploads>(blobs: B, pins: Pins): B {
  return {
    ...blobs,
    create: async () => pinningWriter(await blobs.create(), pins),
    session: async (id) => pinningWriter(await blobs.session(id), pins),
  }
}

const pinningWriter = (writer: BlobWriter, pins: Pins): BlobWriter => ({
  get size() {
    return writer.size
  },
  get name() {
    return writer.name
  },
  append: (...chunks) => writer.append(...chunks),
  read: (position, length) => writer.read(position, length),
  verify: (digest) => writer.verify(digest),
  async commit(digest) {
    await pins.pin(digest)
    await writer.commit(digest)
  },
  close: () => writer.close(),
  abort: () => writer.abort(),
})
