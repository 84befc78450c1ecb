import { listEach } from '../registry/list-records.js'
import type { Collection, Store } from '../registry/ports/store.js'

/** Whether a registry has a record of this collection that is due; for `Task.isDue`. */
export async function anyDue<T>(
  store: Pick<Store, 'registries'>,
  collection: Collection<T>,
  isDue: (record: T) => boolean = () => true,
): Promise<boolean> {
  for (const registry of await store.registries())
    for await (const record of listEach(collection, registry, {})) if (isDue(record)) return true
  return false
}

/** The same for a collection whose keys are in the order in which records are due: only the first one is read. */
export async function firstDue<T>(
  store: Pick<Store, 'registries'>,
  collection: Collection<T>,
  isDue: (record: T) => boolean,
): Promise<boolean> {
  for (const registry of await store.registries()) {
    const [first] = (await collection.list(registry, { limit: 1 })).items
    if (first !== undefined && isDue(first)) return true
  }
  return false
}
