import type { RootDatabase } from 'lmdb'
import type { CountBound, Write } from '../../registry/ports/key-value.js'
import type { Registry } from '../../registry/registry.js'

/** The numbers of records, so that checking a quota does not walk them. */
export interface Counts {
  hasFewer(registry: Registry, collection: string, bound: CountBound): boolean
  /** The number of records in a collection. It is not tracked because of this: it is for people, not for quotas. */
  count(registry: Registry, collection: string): number
  /**
   * Like `hasFewer`, for use in a write transaction. From then on the count of these records is stored and kept up to
   * date.
   */
  hasFewerAndTrack(registry: Registry, collection: string, bound: CountBound): boolean
  /** Updates the stored counts. To be called in a write transaction, before the writes are applied. */
  update(registry: Registry, writes: readonly Write[]): void
}

/** A key: a text, which is what the store returns, or its bytes. */
export type StoredKey = string | Buffer

type KeyFor = (registry: Registry, collection: string, key: string) => Buffer

/**
 * The collection of the counts, which are stored among the records of their registry. No other collection has this
 * name.
 */
const COUNTS = '#counts'

/** Sorts after every byte that occurs in UTF-8. */
const afterAll = Buffer.from([0xff])

/**
 * Counts records on LMDB, which counts a range by walking it. Therefore a count is stored beside the records from when
 * it is first needed, and every commit updates it: only the first count is a walk. A count of zero is not stored.
 */
export function countsOn(db: RootDatabase<string, StoredKey>, keyFor: KeyFor, longestKey: number): Counts {
  const countKeyFor = countKeys(keyFor)
  const countByWalking = (registry: Registry, collection: string, prefix: string) =>
    keysFrom(db, keyFor(registry, collection, prefix), longestKey)
  const storedCount = (countKey: Buffer) => {
    const count = countKey.length > longestKey ? undefined : db.get(countKey)
    return count === undefined ? undefined : Number(count)
  }

  const put = (countKey: Buffer, count: number) =>
    void (count === 0 ? db.removeSync(countKey) : db.putSync(countKey, String(count)))

  const countOf = (registry: Registry, collection: string, prefix: string) =>
    storedCount(countKeyFor(registry, collection, prefix)) ?? countByWalking(registry, collection, prefix)

  const hasFewer: Counts['hasFewer'] = (registry, collection, { prefix, fewerThan }) =>
    countOf(registry, collection, prefix) < fewerThan
  return {
    hasFewer,
    count: (registry, collection) => countOf(registry, collection, ''),
    hasFewerAndTrack(registry, collection, bound) {
      const countKey = countKeyFor(registry, collection, bound.prefix)
      const isTrackable = isCountedPrefix(bound.prefix) && countKey.length <= longestKey
      if (isTrackable && storedCount(countKey) === undefined)
        put(countKey, countByWalking(registry, collection, bound.prefix))
      return hasFewer(registry, collection, bound)
    },
    update(registry, writes) {
      const counts = readOnce((collection, prefix) => {
        const countKey = countKeyFor(registry, collection, prefix)
        return { countKey, count: storedCount(countKey) }
      })
      for (const { collection, key, value } of writes) {
        const affected = prefixesOf(key).map((prefix) => counts.read(collection, prefix))
        if (affected.every(({ count }) => count === undefined)) continue
        const change = Number(value !== undefined) - Number(db.doesExist(keyFor(registry, collection, key)))
        for (const entry of affected) if (entry.count !== undefined) entry.count += change
      }
      for (const { countKey, count } of counts.all()) if (count !== undefined) put(countKey, count)
    },
  }
}

const keysFrom = (db: RootDatabase<string, StoredKey>, start: Buffer, longestKey: number) =>
  start.length > longestKey ? 0 : db.getKeysCount({ start, end: Buffer.concat([start, afterAll]) })

const countKeys = (keyFor: KeyFor) => (registry: Registry, collection: string, prefix: string) =>
  keyFor(registry, COUNTS, `${collection}\0${prefix}`)

/** Reads each count once, even if several writes change it. */
function readOnce(read: (collection: string, prefix: string) => StoredCount) {
  const counts = new Map<string, StoredCount>()
  return {
    read(collection: string, prefix: string): StoredCount {
      const id = `${collection}\0${prefix}`
      const count = counts.get(id) ?? read(collection, prefix)
      counts.set(id, count)
      return count
    },
    all: () => counts.values(),
  }
}

/** A count and its key. `count` is undefined if these records are not counted. */
interface StoredCount {
  readonly countKey: Buffer
  count: number | undefined
}

/**
 * The parts of a collection in which a record may be counted: the whole, and the records that share the first name of
 * its key.
 */
function prefixesOf(key: string): string[] {
  const space = key.indexOf(' ')
  return space < 0 ? [''] : ['', key.slice(0, space + 1)]
}

const isCountedPrefix = (prefix: string) => prefix === '' || prefix.indexOf(' ') === prefix.length - 1
