import type { BlobStore, BlobWriter } from '../registry/ports/blob-store.js'
import type { Pins } from '../registry/ports/pins.js'

/**
 * Blobs that the sweep leaves alone from the moment they are there: nothing refers to them yet, and whoever has written
 * them is about to.
 */
export function pinnedBlobs(blobs: BlobStore, pins: Pins): BlobStore {
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
  append: (chunk) => writer.append(chunk),
  read: (position, length) => writer.read(position, length),
  verify: (digest) => writer.verify(digest),
  async commit(digest) {
    await pins.pin(digest)
    await writer.commit(digest)
  },
  close: () => writer.close(),
  abort: () => writer.abort(),
})
