import { memoryKeyValue } from '../../src/adapters/memory/key-value.js'
import { storeOf } from '../../src/store/store.js'

/** A store in memory that counts the records written. */
export function counting() {
  const keyValue = memoryKeyValue()
  const written: string[] = []
  const store = storeOf({
    ...keyValue,
    async commit(registry, expectations, writes) {
      const isDone = await keyValue.commit(registry, expectations, writes)
      if (isDone) written.push(...writes.map(({ collection }) => collection))
      return isDone
    },
  })
  return {
    store,
    /** The number of records that the work writes to a collection. */
    async writesOf(collection: string, work: () => Promise<unknown>): Promise<number> {
      written.length = 0
      await work()
      return written.filter((name) => name === collection).length
    },
  }
}
