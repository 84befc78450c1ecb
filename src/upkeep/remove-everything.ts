import type { BlobStore } from '../registry/ports/blob-store.js'
import type { Ids } from '../registry/ports/ids.js'
import type { Store } from '../registry/ports/store.js'
import { labelInstallation } from './installation-label.js'

/** Removes all state and all images, also how far the clock is ahead, so that a test can begin anew. */
export async function removeEverything({
  store,
  blobs,
  ids,
}: {
  readonly store: Store
  readonly blobs: Pick<BlobStore, 'list' | 'notes' | 'clear'>
  readonly ids: Ids
}): Promise<void> {
  await store.clear()
  await blobs.clear()
  await labelInstallation(store, blobs, ids)
}
