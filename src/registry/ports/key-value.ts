import type { Registry } from '../registry.js'

/**
 * What a store is made of: keys, their order, and one atomic write. Every adapter implements this and nothing else;
 * `src/store` builds the typed collections and transactions on it once, for all of them.
 */
export interface KeyValue {
  get(place: Place): Promise<string | undefined>
  /** Entries in ascending byte order of their keys; no more of them than `limit` and `bytes` allow. */
  list(registry: Registry, collection: string, page: PageOf): Promise<Entry[]>
  /** Whether a part of a collection holds fewer records than so many: however many there are, they are not walked. */
  hasFewer(registry: Registry, collection: string, bound: CountBound): Promise<boolean>
  /** Applies every write if every expectation holds, and says whether it did; durable once it answers. */
  commit(registry: Registry, expectations: Expectation[], writes: Write[]): Promise<boolean>
  /** Every registry that has records, for what looks after all of them; not for a request's path. */
  registries(): Promise<Registry[]>
  /**
   * Runs work in which a `get` that fails with StoreUnavailable is answered with what this process read or wrote last under
   * that key, if anything. Absent in a store that is never unavailable by itself.
   */
  staleIfError?<R>(work: () => Promise<R>): Promise<R>
  /** Throws StoreUnavailable where a connection that `get` does not use, such as one for writes alone, does not answer. */
  ping(): Promise<void>
  /** Forgets everything, in every registry. */
  clear(): Promise<void>
  close(): Promise<void>
}

export interface Place {
  registry: Registry
  collection: string
  key: string
}

export interface PageOf {
  limit: number
  /** The page ends with the value that fills so many bytes of UTF-8: values may be large, and one is always answered. */
  bytes?: number
  /** Only keys that begin with this. */
  prefix?: string
  /** Only keys that come after this one. */
  after?: string
}

export type Entry = readonly [key: string, value: string]

/** So many records, of a whole collection or of those whose keys begin with `prefix`. */
export interface CountBound {
  fewerThan: number
  /** Empty, or the first name of a key with the space behind it: those are counted without a walk. */
  prefix: string
}

/**
 * What was read, and must still be so: one value (absent: undefined), one page of a list, or whether there are fewer records
 * than so many. The last does not change with every record, so that writers of different ones do not race each other.
 */
export type Expectation =
  | { collection: string; key: string; value: string | undefined }
  | { collection: string; page: PageOf; entries: Entry[] }
  | { collection: string; bound: CountBound; hasFewer: boolean }

/** A value to store, or undefined to remove the key. */
export interface Write {
  collection: string
  key: string
  value: string | undefined
}

/**
 * The store gave no answer within its bound: it is unavailable, or stopped in the middle. Whether a write that was under way has
 * happened is not known.
 */
export class StoreUnavailable extends Error {
  override readonly name = 'StoreUnavailable'
}

/** Whether these entries fill a page of so many bytes, so that it may end before its `limit`. */
export function fillsPage(entries: Iterable<Entry>, bytes = Infinity): boolean {
  let size = 0
  for (const [, value] of entries) if ((size += Buffer.byteLength(value)) >= bytes) return true
  return false
}

/** The entries that a page of so many bytes holds, for adapters: the one that fills it is its last. */
export function* upToBytes(entries: Iterable<Entry>, bytes = Infinity): Generator<Entry, void> {
  let size = 0
  for (const entry of entries) {
    yield entry
    if ((size += Buffer.byteLength(entry[1])) >= bytes) return
  }
}
