import type { Image, Layer, Reference, Tag } from '../images/image.js'
import type { PlannedImport, PullThroughCacheRule } from '../cache-rules/cache-rule.js'
import type { RecordedEvent } from '../events.js'
import type { Registry } from '../registry.js'
import type { Policy, Repository } from '../repositories/repository.js'
import type { Upload } from '../layers/upload.js'

/** Everything the emulator remembers, apart from blobs. Keys that name several things join them with one space. */
export interface Records {
  readonly repositories: Collection<Repository> // name
  readonly images: Collection<Image> // repository digest
  readonly tags: Collection<Tag> // repository tag
  readonly layers: Collection<Layer> // repository digest
  readonly references: Collection<Reference> // repository to kind from
  readonly uploads: Collection<Upload> // id
  readonly rules: Collection<PullThroughCacheRule> // ecrRepositoryPrefix
  readonly registryPolicies: Collection<Policy> // 'policy'
  readonly repositoryPolicies: Collection<Policy> // repository
  readonly accountSettings: Collection<string> // name
  readonly imports: Collection<PlannedImport> // account region repository digest; in `installation`
  readonly events: Collection<RecordedEvent> // time, then order; in `installation`
  readonly settings: Collection<string> // name; in `installation`
  readonly roles: Collection<RecordedRole> // account name; in `installation`
  readonly leases: Collection<LeaseRecord> // name; in `installation`
  readonly pins: Collection<Pin> // digest; in `installation`
  readonly origins: Collection<BlobOrigin> // digest upstreamRegistryUrl; in `installation`
}

/** A role the service made for itself, which no configuration names. */
export interface RecordedRole {
  readonly account: string
  readonly roleName: string
  /** Epoch milliseconds. */
  readonly createdAt: number
}

/** What only one process may do at a time. Nobody compares clocks: who waits sees whether `beat` still changes. */
export interface LeaseRecord {
  readonly name: string
  /** Counts the owners, so that one who was given up for dead and comes back is told from the living one. */
  readonly fence: number
  /** Of the process that holds it; absent once it was given back. */
  readonly owner?: string
  /** Counted up by the owner for as long as it lives. */
  readonly beat: number
  /** The name under which the bytes that are being written can be followed. */
  readonly following?: string
  /** Why the last owner did not do what it held the lease for. */
  readonly failure?: { readonly kind: string; readonly message: string }
}

/** When somebody last relied on a blob's bytes being there: the sweep leaves them alone for a while. */
export interface Pin {
  readonly digest: string
  /** Epoch milliseconds. */
  readonly at: number
  /** Set by the sweep before it looks once more whether anything needs the bytes: who relies on them takes the mark off. */
  readonly isMarked?: true
  /** Set while the sweep is removing the bytes: who needs them waits and then looks again. */
  readonly isGoing?: true
}

/**
 * An upstream registry that has sent all bytes of a blob: it has them, so its answer that another of its repositories
 * has the blob, too, may be believed. Gone with the bytes.
 */
export interface BlobOrigin {
  readonly digest: string
  readonly upstreamRegistryUrl: string
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
