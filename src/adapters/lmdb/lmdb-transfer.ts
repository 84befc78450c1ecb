import { ABORT, type RootDatabase, type Transaction } from 'lmdb'
import type { Entry, PageQuery, Write } from '../../registry/ports/key-value.js'
import type { RecordTransfer } from '../../registry/ports/record-transfer.js'
import type { Registry } from '../../registry/registry.js'
import type { StoredKey } from './counts.js'

/** What the store does for a transfer, in the transaction of a snapshot or within the present write transaction. */
interface LmdbRecords {
  readonly list: (transaction: Transaction, registry: Registry, collection: string, page: PageQuery) => Entry[]
  readonly registries: (transaction: Transaction) => Registry[]
  readonly isEmpty: (registry: Registry, collection: string) => boolean
  readonly write: (registry: Registry, writes: readonly Write[]) => void
  readonly orNoSpace: <T>(commit: () => Promise<T>) => Promise<T>
}

/**
 * A snapshot is a read transaction: LMDB keeps the pages it needs while others write. A load is one write transaction,
 * in which other processes see nothing and wait before they write themselves.
 */
export function lmdbTransfer(db: RootDatabase<string, StoredKey>, records: LmdbRecords): RecordTransfer {
  return {
    async snapshot() {
      const transaction = db.useReadTransaction()
      return {
        registries: async () => records.registries(transaction),
        list: async (registry, collection, page) => records.list(transaction, registry, collection, page),
        close: async () => transaction.done(),
      }
    },
    async load(batches, mustBeEmpty) {
      let isLoaded = false
      await records.orNoSpace(async () => {
        await db.transactionSync(async () => {
          isLoaded = await writeAll(batches, mustBeEmpty, records)
          return isLoaded ? undefined : ABORT
        })
      })
      return isLoaded
    },
  }
}

/** Returns false if a collection is not empty that must be. */
async function writeAll(
  batches: Parameters<RecordTransfer['load']>[0],
  mustBeEmpty: readonly string[],
  { isEmpty, write }: LmdbRecords,
): Promise<boolean> {
  const checked = new Set<string>()
  for await (const { registry, collection, entries } of batches) {
    const id = `${registry.account} ${registry.region}`
    if (!checked.has(id) && !mustBeEmpty.every((name) => isEmpty(registry, name))) return false
    checked.add(id)
    write(
      registry,
      entries.map(([key, value]) => ({ collection, key, value })),
    )
  }
  return true
}
