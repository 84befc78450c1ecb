import type { Registry } from '../registry.js'

/**
 * What a store is made of: keys, their order, and one atomic write. Every adapter implements this and nothing else;
 * `registry/store.ts` builds the typed collections and transactions on it once, for all of them.
 */
export interface KeyValue {
  get(place: Place): Promise<string | undefined>
  /** Entries in ascending byte order of their keys. */
  list(registry: Registry, collection: string, page: PageOf): Promise<Entry[]>
  /** Applies every write if every expectation holds, and says whether it did; durable once it answers. */
  commit(registry: Registry, expectations: Expectation[], writes: Write[]): Promise<boolean>
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
  /** Only keys that begin with this. */
  prefix?: string
  /** Only keys that come after this one. */
  after?: string
}

export type Entry = readonly [key: string, value: string]

/** What was read, and must still be so: one value (absent: undefined), or one page of a list. */
export type Expectation =
  | { collection: string; key: string; value: string | undefined }
  | { collection: string; page: PageOf; entries: Entry[] }

/** A value to store, or undefined to remove the key. */
export interface Write {
  collection: string
  key: string
  value: string | undefined
}
