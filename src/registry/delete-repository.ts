import { repositoryNotEmpty } from './errors.js'
import type { Touches } from './garbage/touches.js'
import { inGroups } from './garbage/walk.js'
import { digestsOf } from './image.js'
import { forgetNames, nameImage } from './image-names.js'
import { discardUploadBytes } from './layer-upload.js'
import { listAll, listEach } from './list-all.js'
import type { BlobStore } from './ports/blob-store.js'
import { keyOf, type Records, type Store } from './ports/store.js'
import type { Registry } from './registry.js'
import type { Repository } from './repository.js'
import { requireRepository } from './require-repository.js'

/** Images whose bytes are touched in one write. */
const TOGETHER = 100

/**
 * Deletes a repository and everything in it, in one transaction: an image that arrives meanwhile is either seen here or
 * refused for want of a repository. Blobs are shared between repositories; those nobody needs any more are garbage
 * collection's, after its grace period. Throws RepositoryNotFound, and
 * RepositoryNotEmpty unless forced.
 * https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_DeleteRepository.html
 */
export async function deleteRepository(
  { store, blobs, touches }: { readonly store: Store; readonly blobs: BlobStore; readonly touches: Touches },
  registry: Registry,
  name: string,
  { force }: { force: boolean },
): Promise<Repository> {
  await requireRepository(store, registry, name)
  if (force) {
    const images = listEach(store.images, registry, { prefix: keyOf(name, ''), firstPage: TOGETHER })
    for await (const group of inGroups(images, TOGETHER)) await touches.touch(...group.flatMap(digestsOf))
    await forgetNames({ blobs }, registry, name)
  }
  const deleting = store.transact(registry, async (records) => {
    const found = await requireRepository(records, registry, name)
    const contents = await contentsOf(records, registry, name)
    if (contents.images.length > 0 && !force) throw repositoryNotEmpty(name, registry.account)
    await removeContents(records, registry, contents)
    await records.repositoryPolicies.remove(registry, name)
    await records.repositories.remove(registry, name)
    return { ...contents, repository: found }
  })
  const { repository, uploads, images } = await deleting.catch(async (error: unknown) => {
    // What is there still keeps its names; where that fails as well, the sweep writes them.
    if (force) await nameAll({ store, blobs }, registry, name).catch(() => undefined)
    throw error
  })
  // An image may have been pushed anew meanwhile: its record decides.
  for (const { digest } of images) await nameImage({ store, blobs }, { registry, repository: name, digest })
  for (const { id } of uploads) discardUploadBytes(blobs, id)
  return repository
}

async function nameAll(
  storage: { readonly store: Store; readonly blobs: BlobStore },
  registry: Registry,
  repository: string,
): Promise<void> {
  for await (const { digest } of listEach(storage.store.images, registry, {
    prefix: keyOf(repository, ''),
    firstPage: 200,
  }))
    await nameImage(storage, { registry, repository, digest })
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
