import {
  type CountBound,
  type Entry,
  type Expectation,
  type KeyValue,
  type PageQuery,
  type RecordKey,
  upToBytes,
  type Write,
} from '../../registry/ports/key-value.js'
import type { Registry } from '../../registry/registry.js'

/** The records of a collection, in key order. */
interface SortedRecords {
  /** The UTF-8 bytes of the keys, one character for each, so that comparing strings compares bytes. */
  keys: string[]
  values: Map<string, string>
}

/** The key-value store in the memory of this process, for tests and for registries that need not survive it. */
export function memoryKeyValue(): KeyValue {
  const collections = new Map<string, SortedRecords>()

  function recordsOf({ account, region }: Registry, collection: string): SortedRecords {
    const id = `${account} ${region} ${collection}`
    const existing = collections.get(id)
    if (existing) return existing
    const created = { keys: [], values: new Map() }
    collections.set(id, created)
    return created
  }

  const valueOf = ({ registry, collection, key }: RecordKey) => recordsOf(registry, collection).values.get(key)

  const holds = (registry: Registry, expectation: Expectation) =>
    holdsIn(recordsOf(registry, expectation.collection), expectation)

  return {
    get: valueOf,
    list: async (registry, collection, page) => pageIn(recordsOf(registry, collection), page),
    hasFewer: async (registry, collection, bound) => hasFewer(recordsOf(registry, collection), bound),
    count: async (registry, collection) => recordsOf(registry, collection).keys.length,
    async commit(registry, expectations, writes) {
      if (!expectations.every((expectation) => holds(registry, expectation))) return false
      for (const write of writes) apply(recordsOf(registry, write.collection), write)
      return true
    },
    async registries() {
      const inUse = [...collections].filter(([, { keys }]) => keys.length > 0)
      const ids = new Set(inUse.map(([id]) => id.split(' ').slice(0, 2).join(' ')))
      return [...ids].map((id) => {
        const [account = '', region = ''] = id.split(' ')
        return { account, region }
      })
    },
    async ping() {},
    async clear() {
      collections.clear()
    },
    async close() {},
  }
}

function holdsIn(records: SortedRecords, expectation: Expectation): boolean {
  if ('bound' in expectation) return hasFewer(records, expectation.bound) === expectation.hasFewer
  return 'page' in expectation
    ? JSON.stringify(pageIn(records, expectation.page)) === JSON.stringify(expectation.entries)
    : records.values.get(expectation.key) === expectation.value
}

function apply({ keys, values }: SortedRecords, { key, value }: Write) {
  if (values.has(key) !== (value !== undefined)) {
    const bytes = asBytes(key)
    if (value === undefined) keys.splice(firstFrom(keys, bytes), 1)
    else keys.splice(firstFrom(keys, bytes), 0, bytes)
  }
  if (value === undefined) values.delete(key)
  else values.set(key, value)
}

const pageIn = (records: SortedRecords, page: PageQuery): Entry[] => [
  ...upToBytes(entriesIn(records, page), page.bytes),
]

function* entriesIn({ keys, values }: SortedRecords, { limit, prefix = '', after }: PageQuery): Generator<Entry, void> {
  const start = asBytes(prefix)
  const afterKey = after === undefined ? '' : `${asBytes(after)}\0`
  const first = firstFrom(keys, afterKey > start ? afterKey : start)
  for (let index = first; index < first + limit; index++) {
    const bytes = keys[index]
    if (!bytes?.startsWith(start)) return
    const key = Buffer.from(bytes, 'latin1').toString()
    yield [key, values.get(key) ?? '']
  }
}

function hasFewer({ keys }: SortedRecords, { fewerThan, prefix }: CountBound): boolean {
  const start = asBytes(prefix)
  return firstFrom(keys, `${start}\xff`) - firstFrom(keys, start) < fewerThan
}

const asBytes = (key: string) => Buffer.from(key).toString('latin1')

/** The index of the first key that is not less than `bytes`. */
function firstFrom(keys: string[], bytes: string) {
  let low = 0
  let high = keys.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((keys[middle] ?? '') < bytes) low = middle + 1
    else high = middle
  }
  return low
}
