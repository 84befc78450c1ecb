import { recordsOf } from './collections.js'
import { serverException } from '../registry/errors.js'
import type { KeyValue } from '../registry/ports/key-value.js'
import type { Collection, Records, Store } from '../registry/ports/store.js'
import type { Registry } from '../registry/registry.js'
import { asStored, pageOf, parsed, readFor, type Upgrade, write } from './stored-records.js'
import { transactionOn } from './transaction.js'
import { keyedMutex } from '../coordination/keyed-mutex.js'

type Work<R> = (records: Records) => Promise<R>

/**
 * The typed collections and `transact`, built once over the narrow port so that every adapter behaves alike.
 * `patience` is how many milliseconds a transaction may go on losing races once it is its turn.
 */
export function storeOf(keyValue: KeyValue, patience = 5_000): Store {
  /** Transactions of this process that lost a race go one after the other in each registry, instead of racing again. */
  const retryMutex = keyedMutex()

  async function attempt<R>(registry: Registry, work: Work<R>): Promise<{ result: R } | undefined> {
    const transaction = transactionOn(keyValue, registry)
    const result = await work(transaction.records)
    return (await transaction.commit()) ? { result } : undefined
  }

  async function persist<R>(registry: Registry, work: Work<R>): Promise<R> {
    const startedAt = performance.now()
    do {
      const done = await attempt(registry, work)
      if (done) return done.result
    } while (performance.now() - startedAt < patience)
    throw serverException('Other writers kept changing the same records. Try again.')
  }

  async function transact<R>(registry: Registry, work: Work<R>): Promise<R> {
    const done = await attempt(registry, work)
    return done ? done.result : retryMutex(`${registry.account} ${registry.region}`, () => persist(registry, work))
  }

  return {
    ...recordsOf((name, upgrade) => collectionOf(keyValue, name, transact, upgrade)),
    transact,
    registries: () => keyValue.registries(),
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
  upgrade: Upgrade<T> = asStored,
): Collection<T> {
  // `name` says which collection this is, and recordsOf gave it this T.
  const sameOf = (records: Records) => records[name] as unknown as Collection<T>
  return {
    async get(registry, key) {
      return parsed(await keyValue.get({ registry, collection: name, key }), upgrade)
    },
    insert: (registry, key, record) =>
      keyValue.commit(registry, [{ collection: name, key, value: undefined }], [write(name, key, record)]),
    async put(registry, key, record) {
      await keyValue.commit(registry, [], [write(name, key, record)])
    },
    update: (registry, key, change) => transact(registry, (records) => sameOf(records).update(registry, key, change)),
    remove: (registry, key) => transact(registry, (records) => sameOf(records).remove(registry, key)),
    async list(registry, page) {
      return pageOf(await keyValue.list(registry, name, readFor(page)), page.limit, upgrade)
    },
    holdsFewerThan: (registry, fewerThan, prefix = '') => keyValue.isBelow(registry, name, { fewerThan, prefix }),
  }
}
