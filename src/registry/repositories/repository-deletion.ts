import { type DeletionStorage, emptyInSlices, removeImages } from './repository-emptying.js'
import { repositoryNotEmpty } from '../errors.js'
import { settleNames } from '../images/image-notes.js'
import { discardUploadBytes } from '../layers/layer-upload.js'
import { listEach } from '../list-records.js'
import { keyOf, type Records, type Store } from '../ports/store.js'
import type { Registry } from '../registry.js'
import type { Repository } from './repository.js'
import { requireRepository } from './require-repository.js'
import { BATCH_SIZE, batchesOf } from '../../coordination/event-loop.js'

/**
 * Deletes a repository and everything in it, in one transaction: an image that arrives meanwhile is either seen here or
 * refused for want of a repository. One that holds more than a transaction should is emptied first, images before layers;
 * where that fails, what is left is whole and can be deleted again. Blobs are shared between repositories; those nobody
 * needs any more are garbage collection's, after its grace period. Throws RepositoryNotFound, and RepositoryNotEmpty
 * unless forced. https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_DeleteRepository.html
 */
export async function deleteRepository(
  storage: DeletionStorage,
  registry: Registry,
  name: string,
  { force }: { force: boolean },
): Promise<Repository> {
  const { store, blobs } = storage
  await requireRepository(store, registry, name)
  const uploads = await uploadsIn(store, registry, name)
  let deleted = await deleteWhole(storage, registry, name, force)
  for (; !deleted; deleted = await deleteWhole(storage, registry, name, force))
    await emptyInSlices(storage, registry, name, force)
  if (force) await settleNames(storage, registry, name)
  for await (const slice of batchesOf(uploads)) await Promise.all(slice.map((id) => store.uploads.remove(registry, id)))
  for (const id of uploads) discardUploadBytes(blobs, id)
  return deleted
}

async function uploadsIn({ uploads }: Store, registry: Registry, name: string): Promise<string[]> {
  const ids: string[] = []
  for await (const { id, repository } of listEach(uploads, registry, {})) if (repository === name) ids.push(id)
  return ids
}

/** Undefined, changing nothing, where it holds too much for one transaction. */
async function deleteWhole(
  storage: DeletionStorage,
  registry: Registry,
  name: string,
  force: boolean,
): Promise<Repository | undefined> {
  const remove = () => storage.store.transact(registry, (records) => deleteFrom(records, registry, name, force))
  if (!force) return remove()
  const { items, next } = await storage.store.images.list(registry, { limit: BATCH_SIZE, prefix: keyOf(name, '') })
  return next === undefined ? removeImages(storage, registry, items, remove) : undefined
}

async function deleteFrom(records: Records, registry: Registry, name: string, force: boolean) {
  const repository = await requireRepository(records, registry, name)
  const page = { limit: BATCH_SIZE, prefix: keyOf(name, '') }
  // Everything is listed before anything is written: lists show what was committed.
  const [images, tags, layers, references] = await Promise.all([
    records.images.list(registry, page),
    records.tags.list(registry, page),
    records.layers.list(registry, page),
    records.references.list(registry, page),
  ])
  if (images.items.length > 0 && !force) throw repositoryNotEmpty(name, registry.account)
  if ([images, tags, layers, references].some(({ next }) => next !== undefined)) return undefined
  await Promise.all([
    ...images.items.map(({ digest }) => records.images.remove(registry, keyOf(name, digest))),
    ...tags.items.map(({ tag }) => records.tags.remove(registry, keyOf(name, tag))),
    ...layers.items.map(({ digest }) => records.layers.remove(registry, keyOf(name, digest))),
    ...references.items.map(({ to, kind, from }) => records.references.remove(registry, keyOf(name, to, kind, from))),
    records.repositoryPolicies.remove(registry, name),
    records.repositories.remove(registry, name),
  ])
  return repository
}
