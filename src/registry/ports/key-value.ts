import type { Registry } from '../registry.js'
import type { Awaitable } from './awaitable.js'

/**
 * The port of a key-value store: ordered keys and one atomic write. Every adapter implements only this; `src/store`
 * builds the typed collections and transactions on it, once for all adapters.
 */
export interface KeyValue {
  get(recordKey: RecordKey): Awaitable<string | undefined>
  /** Entries in ascending byte order of their keys, limited by `limit` and `bytes`. */
  list(registry: Registry, collection: string, page: PageQuery): Promise<Entry[]>
  /** Whether a part of a collection contains fewer records than a bound, determined without walking them. */
  hasFewer(registry: Registry, collection: string, bound: CountBound): Promise<boolean>
  /** The number of records in a collection. Not for requests: a store may have to walk the keys. */
  count(registry: Registry, collection: string): Promise<number>
  /** Applies all writes if every expectation holds, and returns whether it did. Durable once it resolves. */
  commit(registry: Registry, expectations: Expectation[], writes: Write[]): Promise<boolean>
  /** Every registry that has records, for background work on all of them; too slow for requests. */
  registries(): Promise<Registry[]>
  /**
   * Runs work in which a `get` that fails with StoreUnavailable returns the value that this process last read or wrote
   * under that key, if there is one. Absent in stores that cannot be unavailable.
   */
  staleIfError?<R>(work: () => Promise<R>): Promise<R>
  /** Throws StoreUnavailable if a connection that `get` does not use, such as one for writes only, does not answer. */
  ping(): Promise<void>
  /** Removes everything in every registry. */
  clear(): Promise<void>
  close(): Promise<void>
}

/** The key of a record in a collection of a registry. */
export interface RecordKey {
  registry: Registry
  collection: string
  key: string
}

/** Which entries of a collection a page contains. */
export interface PageQuery {
  limit: number
  /**
   * The page ends with the value with which its values reach this many bytes of UTF-8, so it always contains at least
   * one.
   */
  bytes?: number
  /** Only keys that begin with this. */
  prefix?: string
  /** Only keys that come after this one. */
  after?: string
}

/** A key and its value. */
export type Entry = readonly [key: string, value: string]

/** A bound on the number of records in a collection, or of those whose keys begin with `prefix`. */
export interface CountBound {
  fewerThan: number
  /** Empty, or the first name of a key followed by a space. Only these parts are counted without a walk. */
  prefix: string
}

/**
 * What was read and must be unchanged at commit: a value (undefined if absent), a page of a list, or whether there are
 * fewer records than a bound. The last does not depend on the exact number, so that writers of different records do not
 * conflict.
 */
export type Expectation =
  | { collection: string; key: string; value: string | undefined }
  | { collection: string; page: PageQuery; entries: Entry[] }
  | { collection: string; bound: CountBound; hasFewer: boolean }

/** A value to store, or undefined to remove the key. */
export interface Write {
  collection: string
  key: string
  value: string | undefined
}

/**
 * The store did not answer within the time limit: it is unavailable, or was interrupted. Whether a write in progress
 * was executed is unknown.
 */
export class StoreUnavailable extends Error {
  override readonly name = 'StoreUnavailable'
}

/** Whether these entries reach the size limit of a page, so that it may contain fewer than `limit`. */
export function fillsPage(entries: Iterable<Entry>, bytes = Infinity): boolean {
  let size = 0
  for (const [, value] of entries) if ((size += Buffer.byteLength(value)) >= bytes) return true
  return false
}

/** The entries of a page with this size limit: the one that reaches it is the last. For adapters. */
export function* upToBytes(entries: Iterable<Entry>, bytes = Infinity): Generator<Entry, void> {
  let size = 0
  for (const entry of entries) {
    yield entry
    if ((size += Buffer.byteLength(entry[1])) >= bytes) return
  }
}
