import type { KeyValue } from '../registry/ports/key-value.js'

/** Calls `onWrite` with the name of each collection that a commit of this process has changed. */
export const watchedKeyValue = (keyValue: KeyValue, onWrite: (collection: string) => void): KeyValue => ({
  ...keyValue,
  async commit(registry, expectations, writes) {
    const isCommitted = await keyValue.commit(registry, expectations, writes)
    if (isCommitted) for (const collection of new Set(writes.map((write) => write.collection))) onWrite(collection)
    return isCommitted
  },
})
