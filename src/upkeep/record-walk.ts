import { createHash } from 'node:crypto'
import { listEach } from '../registry/list-records.js'
import { contentsOf } from '../registry/images/image-contents.js'
import type { Collection } from '../registry/ports/store.js'
import type { Registry } from '../registry/registry.js'
import { yieldToEventLoop } from '../coordination/event-loop.js'
import type { Halves } from './installation-label.js'

/** Records read between two pauses. */
const STRIDE = 200

/**
 * Every record of a collection, with pauses: what looks after a big installation must not hold up its requests, and an
 * embedded store answers without ever giving them a turn.
 */
export async function* eachRecord<T>(
  collection: Collection<T>,
  registry: Registry,
  prefix = '',
): AsyncGenerator<T, void> {
  yield* unhurried(listEach(collection, registry, { prefix, firstPage: STRIDE }))
}

/** The same with pauses in between. */
export async function* unhurried<T>(items: AsyncIterable<T>): AsyncGenerator<T, void> {
  let taken = 0
  for await (const item of items) {
    if (++taken % STRIDE === 0) await yieldToEventLoop()
    yield item
  }
}

/** In groups of at most so many, for writes that go together. */
export async function* inGroups<T>(items: AsyncIterable<T>, most: number): AsyncGenerator<T[], void> {
  let group: T[] = []
  for await (const item of items) {
    if (group.push(item) < most) continue
    yield group
    group = []
  }
  if (group.length > 0) yield group
}

/**
 * The digests whose bytes some record needs, told one by one: manifests, their blobs, and layers, those of images whose
 * manifest cannot be read among them.
 */
export async function* digestsNeeded({ store, blobs }: Halves): AsyncGenerator<string, void> {
  for (const registry of await store.registries()) {
    for await (const image of eachRecord(store.images, registry)) {
      yield image.digest
      const contents = await contentsOf(image, blobs)
      for (const { digest } of contents?.blobs ?? []) yield digest
    }
    for await (const { digest } of eachRecord(store.layers, registry)) yield digest
  }
}

/** Sixteen bytes that stand for a digest: a set of millions has to fit in memory. Two alike only keep what could go. */
export const shortOf = (digest: string) =>
  Buffer.from(digest.slice(digest.indexOf(':') + 1).slice(0, 32), 'hex').toString('latin1')

/** Sixteen bytes that stand for any name. */
export const shortOfName = (name: string) =>
  createHash('sha256').update(name).digest().subarray(0, 16).toString('latin1')
