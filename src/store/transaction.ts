import { makeRecords } from './make-records.js'
import {
  type CountBound,
  type Entry,
  type Expectation,
  fillsPage,
  type KeyValue,
  type PageQuery,
  type Write,
} from '../registry/ports/key-value.js'
import type { Collection, Records } from '../registry/ports/store.js'
import type { Registry } from '../registry/registry.js'
import type { ParseRecord } from './record-cache.js'
import { pageOf, withOneMore, type Upgrade, write } from './stored-records.js'

/**
 * The records of a registry in a transaction: remembers what is read and defers what is written, for one atomic commit.
 */
export function transactionOn(keyValue: KeyValue, registry: Registry, parse: ParseRecord) {
  const reads = new Map<string, Expectation & { value: string | undefined }>()
  const lists: Expectation[] = []
  const writes = new Map<string, Write>()

  async function read(collection: string, key: string) {
    const id = `${collection} ${key}`
    if (reads.has(id) || writes.has(id)) return
    const value = await keyValue.get({ registry, collection, key })
    if (!reads.has(id)) reads.set(id, { collection, key, value })
  }

  const current = (collection: string, key: string) =>
    (writes.get(`${collection} ${key}`) ?? reads.get(`${collection} ${key}`))?.value

  const set = (change: Write) => void writes.set(`${change.collection} ${change.key}`, change)

  async function list(collection: string, page: PageQuery) {
    if ([...writes.values()].some((change) => change.collection === collection))
      throw new Error(`List ${collection} before writing to it in the same transaction`)
    const entries = await keyValue.list(registry, collection, page)
    lists.push({ collection, page: withActualLimit(page, entries), entries })
    return entries
  }

  async function count(target: Registry, collection: string, bound: CountBound) {
    checkRegistry(target)
    const hasFewer = await keyValue.hasFewer(registry, collection, bound)
    lists.push({ collection, bound, hasFewer })
    return hasFewer
  }

  const checkRegistry = (target: Registry) => {
    if (target.account !== registry.account || target.region !== registry.region)
      throw new Error('A transaction spans one registry')
  }

  const view = { checkRegistry, read, current, set, list, count, parse }
  return {
    records: makeRecords((name, upgrade) => viewOf(name, view, upgrade)),
    commit: async () => {
      const isChange = ([id, { value }]: [string, Write]) => !reads.has(id) || reads.get(id)?.value !== value
      const changes = [...writes].filter(isChange).map(([, write]) => write)
      return changes.length === 0 || keyValue.commit(registry, [...reads.values(), ...lists], changes)
    },
  }
}

/**
 * The page to check at commit: a page that its size in bytes ended depends only on the entries it contains, so these
 * become its limit.
 */
function withActualLimit({ bytes, ...page }: PageQuery, entries: Entry[]): PageQuery {
  return fillsPage(entries, bytes) ? { ...page, limit: entries.length } : page
}

interface View {
  checkRegistry: (registry: Registry) => void
  read: (collection: string, key: string) => Promise<void>
  current: (collection: string, key: string) => string | undefined
  set: (write: Write) => void
  list: (collection: string, page: PageQuery) => Promise<Entry[]>
  count: (registry: Registry, collection: string, bound: CountBound) => Promise<boolean>
  parse: ParseRecord
}

/**
 * Each method first awaits its reads and then decides and writes in one tick, so that parallel calls see each other's
 * writes.
 */
function viewOf<T>(name: keyof Records, view: View, upgrade: Upgrade<T>): Collection<T> {
  const { checkRegistry, read, current, set, list, count, parse } = view
  const latest = async (registry: Registry, key: string) => {
    checkRegistry(registry)
    await read(name, key)
    return () => parse({ registry, collection: name, key }, current(name, key), upgrade)
  }
  return {
    async get(registry, key) {
      return (await latest(registry, key))()
    },
    async insert(registry, key, record) {
      if ((await latest(registry, key))() !== undefined) return false
      set(write(name, key, record))
      return true
    },
    async put(registry, key, record) {
      checkRegistry(registry)
      set(write(name, key, record))
    },
    async update(registry, key, change) {
      const record = (await latest(registry, key))()
      if (record === undefined) return undefined
      const newRecord = change(record)
      set(write(name, key, newRecord))
      return newRecord
    },
    async remove(registry, key) {
      const record = (await latest(registry, key))()
      if (record !== undefined) set({ collection: name, key, value: undefined })
      return record
    },
    async list(registry, page) {
      checkRegistry(registry)
      return pageOf(await list(name, withOneMore(page)), page.limit, upgrade)
    },
    holdsFewerThan: (registry, fewerThan, prefix = '') => count(registry, name, { fewerThan, prefix }),
  }
}
