import { type DeletionStorage, emptyRepository, withImageRemoval } from './repository-emptying.js'
import { collectionsOfImage, collectionsOfRepository } from '../dependent-collections.js'
import { repositoryNotEmpty } from '../errors.js'
import { syncRepositoryNotes } from '../images/image-notes.js'
import { discardUploadBytes } from '../layers/layer-upload.js'
import { listEach } from '../list-records.js'
import { keyOf, type Records, type Store } from '../ports/store.js'
import type { Registry } from '../registry.js'
import type { Repository } from './repository.js'
import { requireRepository } from './require-repository.js'
import { BATCH_SIZE, batchesOf } from '../../coordination/event-loop.js'

/**
 * Deletes a repository and everything in it, in one transaction: an image that is pushed meanwhile is either deleted
 * too or refused because its repository does not exist. A repository that is too large for one transaction is emptied
 * first, images before layers; if that fails, what remains is consistent and can be deleted again. Blobs are shared
 * between repositories: garbage collection removes the unreferenced ones after its grace period. Throws
 * RepositoryNotFound, and RepositoryNotEmpty if there are images and `force` is false.
 * https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_DeleteRepository.html
 */
export async function deleteRepository(
  storage: DeletionStorage,
  registry: Registry,
  name: string,
  { force }: { force: boolean },
): Promise<Repository> {
  const { store } = storage
  await requireRepository(store, registry, name)
  const uploads = await uploadsIn(store, registry, name)
  let deleted = await deleteInOneTransaction(storage, registry, name, force)
  for (; !deleted; deleted = await deleteInOneTransaction(storage, registry, name, force))
    await emptyRepository(storage, registry, name, force)
  if (force) await syncRepositoryNotes(storage, registry, name)
  for await (const batch of batchesOf(uploads)) await Promise.all(batch.map((id) => store.uploads.remove(registry, id)))
  for (const id of uploads) discardUploadBytes(storage, id)
  return deleted
}

async function uploadsIn({ uploads }: Store, registry: Registry, name: string): Promise<string[]> {
  const ids: string[] = []
  for await (const { id, repository } of listEach(uploads, registry, {})) if (repository === name) ids.push(id)
  return ids
}

/** Returns undefined, changing nothing, if the repository is too large for one transaction. */
async function deleteInOneTransaction(
  storage: DeletionStorage,
  registry: Registry,
  name: string,
  force: boolean,
): Promise<Repository | undefined> {
  const remove = () => storage.store.transact(registry, (records) => deleteRecords(records, registry, name, force))
  if (!force) return remove()
  const { items, next } = await storage.store.images.list(registry, { limit: BATCH_SIZE, prefix: keyOf(name, '') })
  return next === undefined ? withImageRemoval(storage, registry, items, remove) : undefined
}

async function deleteRecords(records: Records, registry: Registry, name: string, force: boolean) {
  const repository = await requireRepository(records, registry, name)
  const page = { limit: BATCH_SIZE, prefix: keyOf(name, '') }
  // Lists show only what is committed, so everything is listed before anything is written.
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
    ...images.items.flatMap(({ digest }) =>
      collectionsOfImage.map((collection) => records[collection].remove(registry, keyOf(name, digest))),
    ),
    ...tags.items.map(({ tag }) => records.tags.remove(registry, keyOf(name, tag))),
    ...layers.items.map(({ digest }) => records.layers.remove(registry, keyOf(name, digest))),
    ...references.items.map(({ to, kind, from }) => records.references.remove(registry, keyOf(name, to, kind, from))),
    ...collectionsOfRepository.map((collection) => records[collection].remove(registry, name)),
    records.repositories.remove(registry, name),
  ])
  return repository
}
