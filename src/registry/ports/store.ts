import type { CollectionOf, collections } from '../collections.js'
import type { Registry } from '../registry.js'

/** The collections, by the names under which they are declared. */
export type Records = {
  readonly [N in keyof typeof collections]: (typeof collections)[N] extends CollectionOf<infer T>
    ? Collection<T>
    : never
}

/** The records, and what only a whole store can do. */
export interface Store extends Records {
  /** Every registry that has records, for what looks after all of them; not for a request's path. */
  registries(): Promise<Registry[]>
  /** Runs work that may be given the last known records while the store is unavailable; see `KeyValue`. */
  staleIfError<R>(work: () => Promise<R>): Promise<R>
  /**
   * Runs `work` so that what it writes lands together or not at all, and runs it again when another writer changed
   * what it read. Lists show what was committed: list before writing to a collection. Throws ServerException when it
   * was raced for longer than the bound.
   */
  transact<R>(registry: Registry, work: (records: Records) => Promise<R>): Promise<R>
  /** Throws StoreUnavailable where the store answers reads and yet could not take writes; see `KeyValue`. */
  ping(): Promise<void>
  clear(): Promise<void>
  close(): Promise<void>
}

/** Records of one kind in key order. Every method is atomic on its own. */
export interface Collection<T> {
  get(registry: Registry, key: string): Promise<T | undefined>
  /** True if stored; false, changing nothing, if the key is taken: the only way to learn "already exists". */
  insert(registry: Registry, key: string, record: T): Promise<boolean>
  /** Stores the record whether or not the key is taken. */
  put(registry: Registry, key: string, record: T): Promise<void>
  /** The changed record; undefined, changing nothing, if there is none. */
  update(registry: Registry, key: string, change: (record: T) => T): Promise<T | undefined>
  /** The record removed; undefined if there was none. */
  remove(registry: Registry, key: string): Promise<T | undefined>
  /** Key order is paging order; `after` continues behind a key even if that key is gone. */
  list(registry: Registry, page: { limit: number; prefix?: string; after?: string }): Promise<Page<T>>
  /**
   * Whether there are fewer records than so many, for quotas; `prefix` as in `CountBound`. In a transaction it holds until
   * the commit, as lists do, and shows what was committed.
   */
  holdsFewerThan(registry: Registry, count: number, prefix?: string): Promise<boolean>
}

export interface Page<T> {
  items: T[]
  /** The key to continue after; absent on the last page. */
  next?: string
}

/** A registry has one policy; this is its key. */
export const REGISTRY_POLICY = 'policy'

/** Joins the names that make a key. Nothing AWS or OCI allows in a name, tag or digest contains a space. */
export const keyOf = (...names: string[]) => names.join(' ')
