import { recordsOf } from './collections.js'
import {
  type CountBound,
  type Entry,
  type Expectation,
  fillsPage,
  type KeyValue,
  type PageOf,
  type Write,
} from '../registry/ports/key-value.js'
import type { Collection, Records } from '../registry/ports/store.js'
import type { Registry } from '../registry/registry.js'
import { asStored, pageOf, parsed, readFor, type Upgrade, write } from './stored-records.js'

/** A view that remembers what was read and holds back what is written, for one atomic commit. */
export function transactionOn(keyValue: KeyValue, registry: Registry) {
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

  async function list(collection: string, page: PageOf) {
    if ([...writes.values()].some((change) => change.collection === collection))
      throw new Error(`List ${collection} before writing to it in the same transaction`)
    const entries = await keyValue.list(registry, collection, page)
    lists.push({ collection, page: asListed(page, entries), entries })
    return entries
  }

  async function count(asked: Registry, collection: string, bound: CountBound) {
    within(asked)
    const isBelow = await keyValue.isBelow(registry, collection, bound)
    lists.push({ collection, bound, isBelow })
    return isBelow
  }

  const within = (asked: Registry) => {
    if (asked.account !== registry.account || asked.region !== registry.region)
      throw new Error('A transaction spans one registry')
  }

  return {
    records: recordsOf((name, upgrade) => viewOf(name, { within, read, current, set, list, count }, upgrade)),
    commit: async () => {
      const isChange = ([id, { value }]: [string, Write]) => !reads.has(id) || reads.get(id)?.value !== value
      const changes = [...writes].filter(isChange).map(([, write]) => write)
      return changes.length === 0 || keyValue.commit(registry, [...reads.values(), ...lists], changes)
    },
  }
}

/** A page that its bytes ended is what it is for as long as its entries are the first ones. */
function asListed({ bytes, ...page }: PageOf, entries: Entry[]): PageOf {
  return fillsPage(entries, bytes) ? { ...page, limit: entries.length } : page
}

interface View {
  within: (registry: Registry) => void
  read: (collection: string, key: string) => Promise<void>
  current: (collection: string, key: string) => string | undefined
  set: (write: Write) => void
  list: (collection: string, page: PageOf) => Promise<Entry[]>
  count: (registry: Registry, collection: string, bound: CountBound) => Promise<boolean>
}

/** Every method reads first and then decides and writes without a pause, so that parallel calls see each other. */
function viewOf<T>(name: keyof Records, view: View, upgrade: Upgrade<T> = asStored): Collection<T> {
  const { within, read, current, set, list, count } = view
  const latest = async (registry: Registry, key: string) => {
    within(registry)
    await read(name, key)
    return () => parsed(current(name, key), upgrade)
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
      within(registry)
      set(write(name, key, record))
    },
    async update(registry, key, change) {
      const record = (await latest(registry, key))()
      if (record === undefined) return undefined
      const changed = change(record)
      set(write(name, key, changed))
      return changed
    },
    async remove(registry, key) {
      const record = (await latest(registry, key))()
      if (record !== undefined) set({ collection: name, key, value: undefined })
      return record
    },
    async list(registry, page) {
      within(registry)
      return pageOf(await list(name, readFor(page)), page.limit, upgrade)
    },
    holdsFewerThan: (registry, fewerThan, prefix = '') => count(registry, name, { fewerThan, prefix }),
  }
}
