import { repositoryNotEmpty } from '../errors.js'
import type { Image, Layer, Reference, Tag } from '../images/image.js'
import { imageContents } from '../images/image-contents.js'
import type { KeyedMutex } from '../../coordination/keyed-mutex.js'
import type { Pins } from '../ports/pins.js'
import { removeImageNote, syncImageNote } from '../images/image-notes.js'
import { listEach } from '../list-records.js'
import type { Blobs, Uploads, WithNotes } from '../ports/blob-store.js'
import { type Collection, keyOf, type Records, type Store } from '../ports/store.js'
import type { Registry } from '../registry.js'
import { removeMemberReferences, removeImageRecord } from '../images/record-contents.js'
import { yieldToEventLoop, BATCH_SIZE } from '../../coordination/event-loop.js'

/** The storage that deleting a repository needs. */
export interface DeletionStorage {
  readonly store: Store
  readonly blobs: Pick<Blobs, 'read'> & Pick<Uploads, 'session'> & WithNotes
  readonly pins: Pins
  /** By upload id. */
  readonly uploadMutex: KeyedMutex
}

/**
 * Removes the contents of a repository in as many transactions as it takes: images first, then the other records while
 * there are no images. What is pushed meanwhile may remain. Throws RepositoryNotEmpty if there is an image and `force`
 * is false.
 */
export async function emptyRepository(
  storage: DeletionStorage,
  registry: Registry,
  name: string,
  force: boolean,
): Promise<void> {
  const { store } = storage
  if (force) await removeAllImages(storage, registry, name)
  const remove = <T>(collection: 'tags' | 'layers' | 'references', keyIn: (record: T) => string) =>
    removeUnlessImages<T>(store, registry, name, { collection, keyIn, force })
  await remove<Tag>('tags', ({ tag }) => keyOf(name, tag))
  await remove<Layer>('layers', ({ digest }) => keyOf(name, digest))
  await remove<Reference>('references', ({ to, kind, from }) => keyOf(name, to, kind, from))
}

/**
 * Runs work that removes images. Before it, pins the bytes of the images for the grace period and removes their notes,
 * so that a note without an image always stands for an image that the store has lost. After it, images that still
 * exist, or exist again, get their notes back.
 */
export async function withImageRemoval<R>(
  storage: DeletionStorage,
  registry: Registry,
  images: readonly Image[],
  work: () => Promise<R>,
): Promise<R> {
  const { store, blobs, pins } = storage
  let digests: string[] = []
  for (const image of images) {
    const { blobs: contained = [] } = (await imageContents(image, blobs)) ?? {}
    digests = digests.concat(
      image.digest,
      contained.map(({ digest }) => digest),
    )
    if (digests.length > BATCH_SIZE) await pins.pin(digests.splice(0))
  }
  await pins.pin(digests)
  for (const { digest, repository } of images) await removeImageNote(storage, { registry, repository, digest })
  try {
    return await work()
  } finally {
    // If writing a note fails too, the next sweep writes it.
    for (const { repository, digest } of images)
      await syncImageNote({ store, blobs }, { registry, repository, digest }).catch(() => undefined)
  }
}

async function removeAllImages(storage: DeletionStorage, registry: Registry, name: string): Promise<void> {
  for await (const group of groupImages(listEach(storage.store.images, registry, { prefix: keyOf(name, '') }))) {
    const contents = new Map<string, Awaited<ReturnType<typeof imageContents>>>()
    for (const image of group)
      if (!image.manifests) contents.set(image.digest, await imageContents(image, storage.blobs))
    await withImageRemoval(storage, registry, group, () =>
      storage.store.transact(registry, async (records) => {
        for (const { digest } of group) await removeWithTags(records, registry, keyOf(name, digest))
      }),
    )
    for (const image of group)
      await removeMemberReferences(storage.store, registry, image, contents.get(image.digest)?.manifests ?? [])
    await yieldToEventLoop()
  }
}

/** Images in groups that are small enough for one transaction, by the number of records that are removed with them. */
async function* groupImages(images: AsyncIterable<Image>): AsyncGenerator<Image[], void> {
  let group: Image[] = []
  let records = 0
  for await (const image of images) {
    group.push(image)
    records += 1 + image.tags.length + (image.manifests?.length ?? BATCH_SIZE)
    if (records < BATCH_SIZE) continue
    yield group
    group = []
    records = 0
  }
  if (group.length > 0) yield group
}

async function removeWithTags(records: Records, registry: Registry, key: string): Promise<void> {
  const image = await records.images.get(registry, key)
  if (!image) return
  await Promise.all(image.tags.map((tag) => records.tags.remove(registry, keyOf(image.repository, tag))))
  await removeImageRecord(records, registry, image)
}

/** A collection of a repository that is removed after its images. */
interface RemainingRecords<T> {
  readonly collection: 'tags' | 'layers' | 'references'
  readonly keyIn: (record: T) => string
  readonly force: boolean
}

/** Removes a repository's records of one collection. Stops if there is an image, since it needs its layers. */
async function removeUnlessImages<T>(
  store: Store,
  registry: Registry,
  name: string,
  { collection, keyIn, force }: RemainingRecords<T>,
): Promise<void> {
  const prefix = keyOf(name, '')
  const removeBatch = async (records: Records): Promise<boolean> => {
    // The caller passes the collection and the type of its records together.
    const remaining = records[collection] as unknown as Collection<T>
    const [{ items: images }, { items }] = await Promise.all([
      records.images.list(registry, { limit: 1, prefix }),
      remaining.list(registry, { limit: BATCH_SIZE, prefix }),
    ])
    if (images.length > 0 && !force) throw repositoryNotEmpty(name, registry.account)
    if (images.length > 0) return false
    for (const item of items) await remaining.remove(registry, keyIn(item))
    return items.length === BATCH_SIZE
  }
  while (await store.transact(registry, removeBatch)) await yieldToEventLoop()
}
