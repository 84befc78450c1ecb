import type { BlobWriter, Uploads } from '../registry/ports/blob-store.js'
import type { Pins } from '../registry/ports/pins.js'

/** Pins each blob just before it is committed, so that the sweep keeps it until the record that refers to it has been written. */
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
