import { createHash } from 'node:crypto'
import { listEach } from '../registry/list-records.js'
import { imageContents } from '../registry/images/image-contents.js'
import type { Collection } from '../registry/ports/store.js'
import type { Registry } from '../registry/registry.js'
import { yieldToEventLoop } from '../coordination/event-loop.js'
import type { InstallationStorage } from './installation-label.js'

/** Records read between two pauses. */
const RECORDS_BETWEEN_PAUSES = 200

/**
 * Every record of a collection, with pauses. Walking a large installation must not hold up requests, and an embedded
 * store answers without ever returning to the event loop.
 */
export async function* eachRecord<T>(
  collection: Collection<T>,
  registry: Registry,
  prefix = '',
): AsyncGenerator<T, void> {
  yield* withPauses(listEach(collection, registry, { prefix, firstPage: RECORDS_BETWEEN_PAUSES }))
}

/** The same items, with a pause after every few hundred. */
export async function* withPauses<T>(items: AsyncIterable<T>): AsyncGenerator<T, void> {
  let count = 0
  for await (const item of items) {
    if (++count % RECORDS_BETWEEN_PAUSES === 0) await yieldToEventLoop()
    yield item
  }
}

/** The items in batches of at most `size`, for writes that share a transaction. */
export async function* inBatches<T>(items: AsyncIterable<T>, size: number): AsyncGenerator<T[], void> {
  let batch: T[] = []
  for await (const item of items) {
    if (batch.push(item) < size) continue
    yield batch
    batch = []
  }
  if (batch.length > 0) yield batch
}

/**
 * The digests of all bytes that records need: manifests, the blobs of each manifest, and layers. Layers are included
 * separately because an image whose manifest cannot be read may need them. A digest may occur more than once.
 */
export async function* requiredDigests({ store, blobs }: InstallationStorage): AsyncGenerator<string, void> {
  for (const registry of await store.registries()) {
    for await (const image of eachRecord(store.images, registry)) {
      yield image.digest
      const contents = await imageContents(image, blobs)
      for (const { digest } of contents?.blobs ?? []) yield digest
    }
    for await (const { digest } of eachRecord(store.layers, registry)) yield digest
  }
}

/**
 * A digest shortened to 16 bytes, because sets of millions of digests must fit in memory. A collision only keeps a blob
 * that could have been removed.
 */
export const compactDigest = (digest: string) =>
  Buffer.from(digest.slice(digest.indexOf(':') + 1).slice(0, 32), 'hex').toString('latin1')

/** Any name as 16 bytes, for the same reason. */
export const compactName = (name: string) =>
  createHash('sha256').update(name).digest().subarray(0, 16).toString('latin1')
