import { listAll } from '../registry/list-records.js'
import type { BlobStore } from '../registry/ports/blob-store.js'
import type { Ids } from '../registry/ports/ids.js'
import type { Store } from '../registry/ports/store.js'
import { installation } from '../registry/registry.js'
import { labelInstallation } from './installation-label.js'

/**
 * Removes all state and all images, also how far the clock is ahead, so that a test can begin anew. Like access keys
 * and self-contained tokens, the tokens that refer to a stored principal survive it.
 */
export async function removeEverything({
  store,
  blobs,
  ids,
}: {
  readonly store: Store
  readonly blobs: Pick<BlobStore, 'list' | 'notes' | 'clear'>
  readonly ids: Ids
}): Promise<void> {
  const principals = await listAll(store.principals, installation)
  await store.clear()
  for (const record of principals) await store.principals.put(installation, record.idHash, record)
  await blobs.clear()
  await labelInstallation(store, blobs, ids)
}
