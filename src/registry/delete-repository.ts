import { repositoryNotEmpty } from './errors.js'
import { discardUploadBytes } from './layer-upload.js'
import { listAll } from './list-all.js'
import type { BlobStore } from './ports/blob-store.js'
import { keyOf, type Records, type Store } from './ports/store.js'
import type { Registry } from './registry.js'
import type { Repository } from './repository.js'
import { requireRepository } from './require-repository.js'

/**
 * Deletes a repository and everything in it, in one transaction: an image that arrives meanwhile is either seen here or
 * refused for want of a repository. Blobs are shared between repositories and stay. Throws RepositoryNotFound, and
 * RepositoryNotEmpty unless forced.
 * https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_DeleteRepository.html
 */
export async function deleteRepository(
  { store, blobs }: { readonly store: Store; readonly blobs: BlobStore },
  registry: Registry,
  name: string,
  { force }: { force: boolean },
): Promise<Repository> {
  const { repository, uploads } = await store.transact(registry, async (records) => {
    const found = await requireRepository(records, registry, name)
    const contents = await contentsOf(records, registry, name)
    if (contents.images.length > 0 && !force) throw repositoryNotEmpty(name, registry.account)
    await removeContents(records, registry, contents)
    await records.repositoryPolicies.remove(registry, name)
    await records.repositories.remove(registry, name)
    return { repository: found, uploads: contents.uploads }
  })
  for (const { id } of uploads) discardUploadBytes(blobs, id)
  return repository
}

type Contents = Awaited<ReturnType<typeof contentsOf>>

/** Everything is listed before anything is written: lists show what was committed. */
async function contentsOf(records: Records, registry: Registry, name: string) {
  const prefix = keyOf(name, '')
  const uploads = await listAll(records.uploads, registry)
  return {
    images: await listAll(records.images, registry, prefix),
    tags: await listAll(records.tags, registry, prefix),
    layers: await listAll(records.layers, registry, prefix),
    references: await listAll(records.references, registry, prefix),
    uploads: uploads.filter(({ repository }) => repository === name),
  }
}

async function removeContents(records: Records, registry: Registry, contents: Contents) {
  for (const { repository, digest } of contents.images) await records.images.remove(registry, keyOf(repository, digest))
  for (const { repository, tag } of contents.tags) await records.tags.remove(registry, keyOf(repository, tag))
  for (const { repository, digest } of contents.layers) await records.layers.remove(registry, keyOf(repository, digest))
  for (const { repository, to, kind, from } of contents.references) {
    await records.references.remove(registry, keyOf(repository, to, kind, from))
  }
  for (const { id } of contents.uploads) await records.uploads.remove(registry, id)
}
