import type { BlobStore } from '../registry/ports/blob-store.js'
import type { Ids } from '../registry/ports/ids.js'
import type { Store } from '../registry/ports/store.js'
import { installation } from '../registry/registry.js'

const setting = 'label'
const note = 'installation'

/** Where both halves of an installation's state are. */
export interface Halves {
  readonly store: Store
  readonly blobs: BlobStore
}

/**
 * Gives a new installation a label, in its store and beside its blobs, so that it can be told later whether the two still
 * belong together. Answers why they do not, as `strangers` does.
 */
export async function labelInstallation(store: Store, blobs: BlobStore, ids: Ids): Promise<string | undefined> {
  const [ofStore, ofBlobs] = await labels({ store, blobs })
  if (ofBlobs === undefined) {
    const label = ofStore ?? ids.uuid()
    if (ofStore === undefined && (await isAnothers({ store, blobs }))) await blobs.notes.put(note, label)
    else await writeLabel({ store, blobs }, label)
  }
  return strangers({ store, blobs })
}

/**
 * Why the store cannot be the one these blobs belong to; undefined where it is. To a store that was lost every blob looks
 * like garbage.
 */
export async function strangers(halves: Halves): Promise<string | undefined> {
  const [ofStore, ofBlobs] = await labels(halves)
  if (ofStore === ofBlobs || ofBlobs === undefined) return undefined
  return ofStore === undefined
    ? 'The store is not the one these blobs were kept with: it was lost or emptied, or --store names another one. ecr-local fsck --repair finds the images again.'
    : 'The store and the blobs belong to two installations. Correct --store or --blobs: nothing joins these.'
}

/** Whether the store is nobody's yet: only such a one may have lost what the blobs are of. */
export const isUnlabelled = async ({ store }: Pick<Halves, 'store'>): Promise<boolean> =>
  (await store.settings.get(installation, setting)) === undefined

/** Joins a store that has no label to its blobs again, once what could be found of the lost one is in it. */
export async function joinHalves({ store, blobs }: Halves): Promise<void> {
  const ofBlobs = await blobs.notes.get(note)
  if (ofBlobs !== undefined) await store.settings.insert(installation, setting, ofBlobs)
}

/** Blobs of an earlier version have no label. A store without a repository was not there when they were kept. */
async function isAnothers({ store, blobs }: Halves): Promise<boolean> {
  for await (const _ of blobs.list()) return !(await hasRepositories(store))
  return false
}

async function hasRepositories(store: Store): Promise<boolean> {
  for (const registry of await store.registries())
    if ((await store.repositories.list(registry, { limit: 1 })).items.length > 0) return true
  return false
}

const labels = ({ store, blobs }: Halves) =>
  Promise.all([store.settings.get(installation, setting), blobs.notes.get(note)])

/** Of two processes that start at once, one's label is the store's, and both write that beside the blobs. */
async function writeLabel({ store, blobs }: Halves, label: string) {
  await store.settings.insert(installation, setting, label)
  await blobs.notes.put(note, (await store.settings.get(installation, setting)) ?? label)
}
