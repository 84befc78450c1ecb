import { AsyncLocalStorage } from 'node:async_hooks'
import { LRUCache } from 'lru-cache'
import { type KeyValue, StoreUnavailable, type Write } from '../../registry/ports/key-value.js'
import type { Registry } from '../../registry/registry.js'
import { idOf } from './batched-reads.js'

/** The last known values: not to decode them again, and for work that accepts them while Redis is unavailable. */
export interface StaleReads {
  /**
   * The value of a record that was read with this encoding, undefined if there is none. Remembers it, and decodes only
   * what is not encoded as it was last time: the three records of a pull by tag take 10 µs to decode.
   */
  valueOf(id: string, encoded: Buffer | undefined, decode: (encoded: Buffer) => string): string | undefined
  /** The remembered value, within `staleIfError` and if Redis is unavailable; otherwise throws the error. */
  orLastKnown(id: string, error: unknown): string | undefined
  readonly staleIfError: NonNullable<KeyValue['staleIfError']>
  /** Remembers the values of a commit. */
  written(registry: Registry, changes: readonly Write[]): void
  /** Forgets every remembered value. */
  clear(): void
}

/** The limit for the size of the remembered values. */
const REMEMBERED_BYTES = 32 * 1024 * 1024
/** The estimated overhead of an entry in addition to its key and value. */
const ENTRY_BYTES = 200

const NOT_KNOWN = null

interface Remembered {
  readonly value: string | undefined
  /** The encoded value, one character for each byte. */
  readonly bytes: string | undefined | typeof NOT_KNOWN
}

/** `staleIfError` is named after the HTTP directive with the same meaning: RFC 5861 section 4. */
export function staleReads(): StaleReads {
  const context = new AsyncLocalStorage<{ isOver: boolean }>()
  const values = new LRUCache<string, Remembered>({
    maxSize: REMEMBERED_BYTES,
    sizeCalculation: ({ value, bytes }, id) => id.length + (value?.length ?? 0) + (bytes?.length ?? 0) + ENTRY_BYTES,
  })

  return {
    valueOf(id, encoded, decode) {
      const bytes = encoded?.toString('latin1')
      const last = values.get(id)
      if (last && last.bytes === bytes) return last.value
      const value = encoded && decode(encoded)
      values.set(id, { bytes, value })
      return value
    },
    orLastKnown(id, error) {
      const last = context.getStore()?.isOver === false ? values.get(id) : undefined
      if (!last || !(error instanceof StoreUnavailable)) throw error
      return last.value
    },
    staleIfError(work) {
      // Background work that outlives `work` inherits its context and must not get old values.
      const scope = { isOver: false }
      return context.run(scope, work).finally(() => (scope.isOver = true))
    },
    written(registry, changes) {
      for (const { collection, key, value } of changes)
        values.set(idOf({ registry, collection, key }), { bytes: value === undefined ? undefined : NOT_KNOWN, value })
    },
    clear: () => values.clear(),
  }
}
