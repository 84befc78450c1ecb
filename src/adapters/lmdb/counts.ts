import type { RootDatabase } from 'lmdb'
import type { CountBound, Write } from '../../registry/ports/key-value.js'
import type { Registry } from '../../registry/registry.js'

/** How many records there are, so that a quota costs no walk. */
export interface Counts {
  hasFewer(registry: Registry, collection: string, bound: CountBound): boolean
  /** The same within a write transaction, from which on the records are counted. */
  hasFewerFromNowOn(registry: Registry, collection: string, bound: CountBound): boolean
  /** Called within a write transaction, before its writes are done: keeps what is counted true to them. */
  keep(registry: Registry, writes: readonly Write[]): void
}

type KeyFor = (registry: Registry, collection: string, key: string) => Buffer

/** Where counts lie, among the records of their registry: no collection is called so. */
const COUNTS = '#counts'

/** Sorts behind every byte that UTF-8 uses. */
const behindAll = Buffer.from([0xff])

/**
 * LMDB counts a range by walking it. So a count is kept beside the records, from when it is first needed and by every commit
 * from then on; only the first one is a walk. A count that would be zero is not kept.
 */
export function countsOn(db: RootDatabase<string, Buffer>, keyFor: KeyFor, longestKey: number): Counts {
  const placeOf = (registry: Registry, collection: string, prefix: string) =>
    keyFor(registry, COUNTS, `${collection}\0${prefix}`)

  const walked = (registry: Registry, collection: string, prefix: string) => {
    const start = keyFor(registry, collection, prefix)
    if (start.length > longestKey) return 0
    return db.getKeysCount({ start, end: Buffer.concat([start, behindAll]) })
  }

  const counted = (place: Buffer) => {
    const count = place.length > longestKey ? undefined : db.get(place)
    return count === undefined ? undefined : Number(count)
  }

  const put = (place: Buffer, count: number) =>
    void (count === 0 ? db.removeSync(place) : db.putSync(place, String(count)))

  const hasFewer = (registry: Registry, collection: string, { prefix, fewerThan }: CountBound) =>
    (counted(placeOf(registry, collection, prefix)) ?? walked(registry, collection, prefix)) < fewerThan

  return {
    hasFewer,
    hasFewerFromNowOn(registry, collection, bound) {
      const place = placeOf(registry, collection, bound.prefix)
      const isToKeep = isKept(bound.prefix) && place.length <= longestKey
      if (isToKeep && counted(place) === undefined) put(place, walked(registry, collection, bound.prefix))
      return hasFewer(registry, collection, bound)
    },
    keep(registry, writes) {
      const keptOf = remembering((collection, prefix) => {
        const place = placeOf(registry, collection, prefix)
        return { place, count: counted(place) }
      })
      for (const { collection, key, value } of writes) {
        const affected = prefixesOf(key).map((prefix) => keptOf.read(collection, prefix))
        if (affected.every(({ count }) => count === undefined)) continue
        const change = Number(value !== undefined) - Number(db.doesExist(keyFor(registry, collection, key)))
        for (const known of affected) if (known.count !== undefined) known.count += change
      }
      for (const { place, count } of keptOf.all()) if (count !== undefined) put(place, count)
    },
  }
}

/** Reads each count once, however many writes it is about. */
function remembering(read: (collection: string, prefix: string) => Kept) {
  const kept = new Map<string, Kept>()
  return {
    read(collection: string, prefix: string): Kept {
      const id = `${collection}\0${prefix}`
      const known = kept.get(id) ?? read(collection, prefix)
      kept.set(id, known)
      return known
    },
    all: () => kept.values(),
  }
}

/** A count where it lies; undefined where these records are not counted. */
interface Kept {
  readonly place: Buffer
  count: number | undefined
}

/** The parts of a collection a record may be counted in: all of it, and what belongs to the first name of its key. */
function prefixesOf(key: string): string[] {
  const space = key.indexOf(' ')
  return space < 0 ? [''] : ['', key.slice(0, space + 1)]
}

const isKept = (prefix: string) => prefix === '' || prefix.indexOf(' ') === prefix.length - 1
