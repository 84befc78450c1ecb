import type { Entry, KeyValue, PageQuery } from './key-value.js'
import type { Registry } from '../registry.js'

/** A store that outlives its process, so that other processes can export from it and import into it. */
export interface LastingKeyValue extends KeyValue {
  readonly transfer: RecordTransfer
}

/** How the records of a whole installation leave a store, and how they arrive in one. */
export interface RecordTransfer {
  /** The records of these collections as they are at one moment. Writers go on meanwhile. */
  snapshot(collections: readonly string[]): Promise<Snapshot>
  /**
   * Stores all records in one visible step, durable once it resolves: whatever fails before, other processes see none
   * of them. Returns false, and stores nothing, if one of the registries has a record in one of the collections that
   * must be empty.
   */
  load(batches: AsyncIterable<RecordBatch>, mustBeEmpty: readonly string[]): Promise<boolean>
}

/** Records that no longer change. In a cluster of Redis, those of each registry are of a moment of their own. */
export interface Snapshot {
  registries(): Promise<readonly Registry[]>
  /** As `KeyValue.list`. */
  list(registry: Registry, collection: string, page: PageQuery): Promise<readonly Entry[]>
  close(): Promise<void>
}

/** Records of one collection of a registry. */
export interface RecordBatch {
  readonly registry: Registry
  readonly collection: string
  readonly entries: readonly Entry[]
}
