import { repositoryNotEmpty } from '../errors.js'
import type { Image, Layer, Reference, Tag } from '../images/image.js'
import { contentsOf } from '../images/image-contents.js'
import type { Pins } from '../ports/pins.js'
import { forgetName, nameImage } from '../images/image-notes.js'
import { listEach } from '../list-records.js'
import type { BlobStore } from '../ports/blob-store.js'
import { type Collection, keyOf, type Records, type Store } from '../ports/store.js'
import type { Registry } from '../registry.js'
import { forgetMembers, removeImage } from '../images/remove-image.js'
import { yieldToEventLoop, BATCH_SIZE } from '../../coordination/event-loop.js'

/** What deleting a repository needs. */
export interface DeletionStorage {
  readonly store: Store
  readonly blobs: BlobStore
  readonly pins: Pins
}

/**
 * Removes what a repository holds in as many transactions as it takes: images first, and the rest only while there are
 * none. What arrives meanwhile may be left. Throws RepositoryNotEmpty where there is an image and it is not forced.
 */
export async function emptyInSlices(
  storage: DeletionStorage,
  registry: Registry,
  name: string,
  force: boolean,
): Promise<void> {
  const { store } = storage
  if (force) await emptyOfImages(storage, registry, name)
  const remove = <T>(collection: 'tags' | 'layers' | 'references', keyIn: (record: T) => string) =>
    removeUnlessImages<T>(store, registry, name, { collection, keyIn, force })
  await remove<Tag>('tags', ({ tag }) => keyOf(name, tag))
  await remove<Layer>('layers', ({ digest }) => keyOf(name, digest))
  await remove<Reference>('references', ({ to, kind, from }) => keyOf(name, to, kind, from))
}

/**
 * Does work that removes images, with what belongs before it and behind it: what they are made of stays for the grace
 * period, and their notes go first, so that a note without an image is always one the store lost. An image that is still
 * there afterwards, or again, gets its note back.
 */
export async function removeImages<R>(
  storage: DeletionStorage,
  registry: Registry,
  images: readonly Image[],
  work: () => Promise<R>,
): Promise<R> {
  const { store, blobs, pins } = storage
  let digests: string[] = []
  for (const image of images) {
    const { blobs: contained = [] } = (await contentsOf(image, blobs)) ?? {}
    digests = digests.concat(
      image.digest,
      contained.map(({ digest }) => digest),
    )
    if (digests.length > BATCH_SIZE) await pins.pin(digests.splice(0))
  }
  await pins.pin(digests)
  for (const { digest, repository } of images) await forgetName(storage, { registry, repository, digest })
  try {
    return await work()
  } finally {
    // Where that fails as well, the sweep writes them.
    for (const { repository, digest } of images)
      await nameImage({ store, blobs }, { registry, repository, digest }).catch(() => undefined)
  }
}

async function emptyOfImages(storage: DeletionStorage, registry: Registry, name: string): Promise<void> {
  for await (const group of groupsOf(listEach(storage.store.images, registry, { prefix: keyOf(name, '') }))) {
    const contents = new Map<string, Awaited<ReturnType<typeof contentsOf>>>()
    for (const image of group) if (!image.manifests) contents.set(image.digest, await contentsOf(image, storage.blobs))
    await removeImages(storage, registry, group, () =>
      storage.store.transact(registry, async (records) => {
        for (const { digest } of group) await removeWithTags(records, registry, keyOf(name, digest))
      }),
    )
    for (const image of group)
      await forgetMembers(storage.store, registry, image, contents.get(image.digest)?.manifests ?? [])
    await yieldToEventLoop()
  }
}

/** Images that go in one transaction, by the number of records that go with them. */
async function* groupsOf(images: AsyncIterable<Image>): AsyncGenerator<Image[], void> {
  let [group, records]: [Image[], number] = [[], 0]
  for await (const image of images) {
    group.push(image)
    records += 1 + image.tags.length + (image.manifests?.length ?? BATCH_SIZE)
    if (records < BATCH_SIZE) continue
    yield group
    ;[group, records] = [[], 0]
  }
  if (group.length > 0) yield group
}

async function removeWithTags(records: Records, registry: Registry, key: string): Promise<void> {
  const image = await records.images.get(registry, key)
  if (!image) return
  await Promise.all(image.tags.map((tag) => records.tags.remove(registry, keyOf(image.repository, tag))))
  await removeImage(records, registry, image)
}

interface Rest<T> {
  readonly collection: 'tags' | 'layers' | 'references'
  readonly keyIn: (record: T) => string
  readonly force: boolean
}

/** Stops where an image is there, which needs its layers. */
async function removeUnlessImages<T>(
  store: Store,
  registry: Registry,
  name: string,
  { collection, keyIn, force }: Rest<T>,
): Promise<void> {
  const prefix = keyOf(name, '')
  const removeSlice = async (records: Records): Promise<boolean> => {
    // The caller named the collection together with the records it holds.
    const from = records[collection] as unknown as Collection<T>
    const [{ items: images }, { items }] = await Promise.all([
      records.images.list(registry, { limit: 1, prefix }),
      from.list(registry, { limit: BATCH_SIZE, prefix }),
    ])
    if (images.length > 0 && !force) throw repositoryNotEmpty(name, registry.account)
    if (images.length > 0) return false
    for (const item of items) await from.remove(registry, keyIn(item))
    return items.length === BATCH_SIZE
  }
  while (await store.transact(registry, removeSlice)) await yieldToEventLoop()
}
