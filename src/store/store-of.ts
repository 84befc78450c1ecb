import { makeRecords } from './make-records.js'
import { serverException } from '../registry/errors.js'
import type { KeyValue } from '../registry/ports/key-value.js'
import type { Collection, Records, Store } from '../registry/ports/store.js'
import type { Registry } from '../registry/registry.js'
import { type ParseRecord, rememberingParser } from './record-cache.js'
import { pageOf, withOneMore, type Upgrade, write } from './stored-records.js'
import { transactionOn } from './transaction.js'
import { keyedMutex } from '../coordination/keyed-mutex.js'

type Work<R> = (records: Records) => Promise<R>

/**
 * Builds the typed collections and `transact` on the narrow port, once for all adapters so that they behave alike.
 * `patience` is for how many milliseconds a transaction is retried after conflicts.
 */
export function storeOf(keyValue: KeyValue, patience = 5_000): Store {
  /**
   * Transactions of this process that had a conflict run one at a time in each registry, instead of conflicting again.
   */
  const retryMutex = keyedMutex()
  const parse = rememberingParser()

  async function attempt<R>(registry: Registry, work: Work<R>): Promise<{ result: R } | undefined> {
    const transaction = transactionOn(keyValue, registry, parse)
    const result = await work(transaction.records)
    return (await transaction.commit()) ? { result } : undefined
  }

  async function persist<R>(registry: Registry, work: Work<R>): Promise<R> {
    const startedAt = performance.now()
    do {
      const success = await attempt(registry, work)
      if (success) return success.result
    } while (performance.now() - startedAt < patience)
    throw serverException('Other writers kept changing the same records. Try again.')
  }

  async function transact<R>(registry: Registry, work: Work<R>): Promise<R> {
    const success = await attempt(registry, work)
    return success
      ? success.result
      : retryMutex(`${registry.account} ${registry.region}`, () => persist(registry, work))
  }

  return {
    ...makeRecords((name, upgrade) => collectionOf(keyValue, name, transact, parse, upgrade)),
    transact,
    registries: () => keyValue.registries(),
    count: (registry, collection) => keyValue.count(registry, collection),
    staleIfError: (work) => keyValue.staleIfError?.(work) ?? work(),
    ping: () => keyValue.ping(),
    clear: () => keyValue.clear(),
    close: () => keyValue.close(),
  }
}

function collectionOf<T>(
  keyValue: KeyValue,
  name: keyof Records,
  transact: <R>(registry: Registry, work: Work<R>) => Promise<R>,
  parse: ParseRecord,
  upgrade: Upgrade<T>,
): Collection<T> {
  // The collection of this name in a transaction has the same record type.
  const inTransaction = (records: Records) => records[name] as unknown as Collection<T>
  return {
    get(registry, key) {
      try {
        const at = { registry, collection: name, key }
        const value = keyValue.get(at)
        return value instanceof Promise ? value.then((text) => parse(at, text, upgrade)) : parse(at, value, upgrade)
      } catch (error) {
        // Not thrown here, so that callers that read several records at once see every failure as a rejection.
        return Promise.reject(error instanceof Error ? error : new Error(String(error)))
      }
    },
    insert: (registry, key, record) =>
      keyValue.commit(registry, [{ collection: name, key, value: undefined }], [write(name, key, record)]),
    async put(registry, key, record) {
      await keyValue.commit(registry, [], [write(name, key, record)])
    },
    update: (registry, key, change) =>
      transact(registry, (records) => inTransaction(records).update(registry, key, change)),
    remove: (registry, key) => transact(registry, (records) => inTransaction(records).remove(registry, key)),
    async list(registry, page) {
      return pageOf(await keyValue.list(registry, name, withOneMore(page)), page.limit, upgrade)
    },
    holdsFewerThan: (registry, fewerThan, prefix = '') => keyValue.hasFewer(registry, name, { fewerThan, prefix }),
  }
}
