import type { Blobs, Inventory, WithNotes } from '../registry/ports/blob-store.js'
import type { Ids } from '../registry/ports/ids.js'
import type { Store } from '../registry/ports/store.js'
import { installation } from '../registry/registry.js'

/*
 * The store and the blobs of an installation carry the same label, so that garbage collection never runs with a store
 * that
 * belongs to other blobs: to such a store, every blob would look like garbage.
 */

/** The installation's setting that holds the label of the store. */
const LABEL_SETTING = 'label'

/** The note that holds the label of the blobs. */
const LABEL_NOTE = 'installation'

/** An installation's state: the records and the bytes that belong to them. */
export interface InstallationStorage {
  readonly store: Store
  readonly blobs: Blobs & Inventory & WithNotes
}

/** The part of the state that labels are read from and written to. */
interface LabelledStorage {
  readonly store: Store
  readonly blobs: Pick<Inventory, 'list'> & WithNotes
}

/**
 * Labels the store and the blobs of a new installation. Returns why the store and the blobs do not belong together, as
 * `pairingMismatch` does.
 */
export async function labelInstallation(
  store: Store,
  blobs: LabelledStorage['blobs'],
  ids: Ids,
): Promise<string | undefined> {
  const [storeLabel, blobsLabel] = await readLabels({ store, blobs })
  if (blobsLabel === undefined) {
    const label = storeLabel ?? ids.uuid()
    if (storeLabel === undefined && (await isStoreOfAnotherInstallation({ store, blobs })))
      await blobs.notes.put(LABEL_NOTE, label)
    else await writeLabel({ store, blobs }, label)
  }
  return pairingMismatch({ store, blobs })
}

/** Why the store cannot be the one that these blobs belong to; undefined if it can. */
export async function pairingMismatch(storage: LabelledStorage): Promise<string | undefined> {
  const [storeLabel, blobsLabel] = await readLabels(storage)
  if (storeLabel === blobsLabel || blobsLabel === undefined) return undefined
  return storeLabel === undefined
    ? 'The store does not belong to these blobs: it was lost or emptied, or --store names another one. ecr-local fsck --repair restores the images.'
    : 'The store and the blobs belong to two installations. Correct --store or --blobs: the two cannot be joined.'
}

/** Whether the store belongs to no installation yet. Only such a store can replace one that was lost. */
export const isUnlabelled = async ({ store }: Pick<LabelledStorage, 'store'>): Promise<boolean> =>
  (await store.settings.get(installation, LABEL_SETTING)) === undefined

/** Gives an unlabelled store the label of the blobs. Called once everything that could be recovered is in the store. */
export async function pairStoreWithBlobs({ store, blobs }: LabelledStorage): Promise<void> {
  const label = await blobs.notes.get(LABEL_NOTE)
  if (label !== undefined) await store.settings.insert(installation, LABEL_SETTING, label)
}

/**
 * Whether blobs without a label, which an earlier version wrote, belong to another store than this one. They do if this
 * store has no repositories: it did not exist yet when the blobs were written.
 */
async function isStoreOfAnotherInstallation({ store, blobs }: LabelledStorage): Promise<boolean> {
  for await (const _ of blobs.list()) return !(await hasRepositories(store))
  return false
}

async function hasRepositories(store: Store): Promise<boolean> {
  for (const registry of await store.registries())
    if ((await store.repositories.list(registry, { limit: 1 })).items.length > 0) return true
  return false
}

const readLabels = ({ store, blobs }: LabelledStorage) =>
  Promise.all([store.settings.get(installation, LABEL_SETTING), blobs.notes.get(LABEL_NOTE)])

/** If two processes start together, one of them labels the store; both then write that same label beside the blobs. */
async function writeLabel({ store, blobs }: LabelledStorage, label: string) {
  await store.settings.insert(installation, LABEL_SETTING, label)
  await blobs.notes.put(LABEL_NOTE, (await store.settings.get(installation, LABEL_SETTING)) ?? label)
}
