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
