import type { Descriptor, Image } from './image.js'
import { keyOf, type Records, type Store } from '../ports/store.js'
import type { Registry } from '../registry.js'
import { batchesOf } from '../../coordination/event-loop.js'

/**
 * Removes an image's record and what it says of others, apart from what its manifest alone tells, which `forgetMembers`
 * removes; its layers and the bytes are garbage collection's.
 */
export async function removeImage(records: Records, registry: Registry, image: Image): Promise<void> {
  const { repository, digest: from, manifests = [], subject } = image
  await records.images.remove(registry, keyOf(repository, from))
  await Promise.all(
    manifests.map(({ digest }) => records.references.remove(registry, keyOf(repository, digest, 'member', from))),
  )
  if (subject !== undefined) await records.references.remove(registry, keyOf(repository, subject, 'subject', from))
}

/** Removes what is recorded of the members of an index that is gone, unless it has come again meanwhile. */
export async function forgetMembers(
  store: Store,
  registry: Registry,
  { repository, digest: from, manifests }: Pick<Image, 'repository' | 'digest' | 'manifests'>,
  members: readonly Descriptor[],
): Promise<void> {
  // What the record lists went with it.
  if (manifests) return
  for await (const slice of batchesOf(members))
    await store.transact(registry, async ({ images, references }) => {
      if (await images.get(registry, keyOf(repository, from))) return
      await Promise.all(
        slice.map(({ digest }) => references.remove(registry, keyOf(repository, digest, 'member', from))),
      )
    })
}
