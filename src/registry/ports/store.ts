import type { CollectionOf, collections } from '../collections.js'
import type { Registry } from '../registry.js'
import type { Awaitable } from './awaitable.js'

/** The collections, by the names under which they are declared. */
export type Records = {
  readonly [N in keyof typeof collections]: (typeof collections)[N] extends CollectionOf<infer T>
    ? Collection<T>
    : never
}

/** The collections, and the operations of the store as a whole. */
export interface Store extends Records {
  /** Every registry that has records, for background work on all of them; too slow for requests. */
  registries(): Promise<Registry[]>
  /** Runs work that accepts the last known records while the store is unavailable; see `KeyValue`. */
  staleIfError<R>(work: () => Promise<R>): Promise<R>
  /**
   * Runs `work` in a transaction: its writes take effect together or not at all, and it runs again if another writer
   * has changed what it read. Lists return committed records only, so list before writing to a collection. Throws
   * ServerException if conflicts persist beyond the time limit.
   */
  transact<R>(registry: Registry, work: (records: Records) => Promise<R>): Promise<R>
  /** The number of records in a collection. Not for requests; see `KeyValue`. */
  count(registry: Registry, collection: keyof Records): Promise<number>
  /** Throws StoreUnavailable if the store answers reads but could not accept writes; see `KeyValue`. */
  ping(): Promise<void>
  clear(): Promise<void>
  close(): Promise<void>
}

/** The records of one kind, in key order. Every method is atomic on its own. */
export interface Collection<T> {
  get(registry: Registry, key: string): Awaitable<T | undefined>
  /**
   * Stores a new record and returns true, or changes nothing and returns false if the key is in use. This is the only
   * safe way to detect that a record already exists.
   */
  insert(registry: Registry, key: string, record: T): Promise<boolean>
  /** Stores the record and replaces an existing one. */
  put(registry: Registry, key: string, record: T): Promise<void>
  /** Changes a record and returns the new one; undefined if there is none. */
  update(registry: Registry, key: string, change: (record: T) => T): Promise<T | undefined>
  /** Removes a record and returns it; undefined if there was none. */
  remove(registry: Registry, key: string): Promise<T | undefined>
  /** A page of records in key order. `after` continues after a key, even if it no longer exists. */
  list(registry: Registry, page: { limit: number; prefix?: string; after?: string }): Promise<Page<T>>
  /**
   * Whether there are fewer records than `count`, for quotas; `prefix` as in `CountBound`. In a transaction the result
   * considers committed records only, and must still hold at commit.
   */
  holdsFewerThan(registry: Registry, count: number, prefix?: string): Promise<boolean>
}

/** A page of a list. */
export interface Page<T> {
  items: T[]
  /** The key to continue after; absent on the last page. */
  next?: string
}

/** The key of a registry's policy, of which it has at most one. */
export const REGISTRY_POLICY = 'policy'

/** Joins names to a key. AWS and OCI allow no spaces in names, tags and digests. */
export const keyOf = (...names: string[]) => names.join(' ')
