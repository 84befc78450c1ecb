import {
  type CountBound,
  type Entry,
  type Expectation,
  type KeyValue,
  type PageOf,
  type Place,
  upToBytes,
  type Write,
} from '../../registry/ports/key-value.js'
import type { Registry } from '../../registry/registry.js'

interface Sorted {
  /** Bytes as characters, so that comparing strings compares bytes. */
  keys: string[]
  values: Map<string, string>
}

/** Records in the memory of this process: for tests and for registries that may be lost. */
export function memoryKeyValue(): KeyValue {
  const collections = new Map<string, Sorted>()

  function sorted({ account, region }: Registry, collection: string): Sorted {
    const id = `${account} ${region} ${collection}`
    const known = collections.get(id)
    if (known) return known
    const created = { keys: [], values: new Map() }
    collections.set(id, created)
    return created
  }

  const valueOf = ({ registry, collection, key }: Place) => sorted(registry, collection).values.get(key)

  const holds = (registry: Registry, expected: Expectation) => holdsIn(sorted(registry, expected.collection), expected)

  return {
    get: async (place) => valueOf(place),
    list: async (registry, collection, page) => pageIn(sorted(registry, collection), page),
    hasFewer: async (registry, collection, bound) => hasFewer(sorted(registry, collection), bound),
    async commit(registry, expectations, writes) {
      if (!expectations.every((expected) => holds(registry, expected))) return false
      for (const write of writes) apply(sorted(registry, write.collection), write)
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

function holdsIn(records: Sorted, expected: Expectation): boolean {
  if ('bound' in expected) return hasFewer(records, expected.bound) === expected.hasFewer
  return 'page' in expected
    ? JSON.stringify(pageIn(records, expected.page)) === JSON.stringify(expected.entries)
    : records.values.get(expected.key) === expected.value
}

function apply({ keys, values }: Sorted, { key, value }: Write) {
  if (values.has(key) !== (value !== undefined)) {
    const bytes = asBytes(key)
    if (value === undefined) keys.splice(firstFrom(keys, bytes), 1)
    else keys.splice(firstFrom(keys, bytes), 0, bytes)
  }
  if (value === undefined) values.delete(key)
  else values.set(key, value)
}

const pageIn = (sorted: Sorted, page: PageOf): Entry[] => [...upToBytes(entriesIn(sorted, page), page.bytes)]

function* entriesIn({ keys, values }: Sorted, { limit, prefix = '', after }: PageOf): Generator<Entry, void> {
  const start = asBytes(prefix)
  const behind = after === undefined ? '' : `${asBytes(after)}\0`
  const first = firstFrom(keys, behind > start ? behind : start)
  for (let at = first; at < first + limit; at++) {
    const bytes = keys[at]
    if (!bytes?.startsWith(start)) return
    const key = Buffer.from(bytes, 'latin1').toString()
    yield [key, values.get(key) ?? '']
  }
}

function hasFewer({ keys }: Sorted, { fewerThan, prefix }: CountBound): boolean {
  const start = asBytes(prefix)
  return firstFrom(keys, `${start}\xff`) - firstFrom(keys, start) < fewerThan
}

const asBytes = (key: string) => Buffer.from(key).toString('latin1')

/** Index of the first key at or behind `bytes`. */
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
