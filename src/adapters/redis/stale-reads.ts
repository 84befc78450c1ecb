import { AsyncLocalStorage } from 'node:async_hooks'
import { LRUCache } from 'lru-cache'
import { type KeyValue, StoreUnavailable, type Write } from '../../registry/ports/key-value.js'
import type { Registry } from '../../registry/registry.js'
import { idOf, type ReadValue } from './batched-reads.js'

/** The last known values, for work that accepts them while Redis is unavailable. */
export interface StaleReads {
  /** Remembers every value read this way. */
  remembering(read: ReadValue): ReadValue
  /** Within `staleIfError`, answers reads that Redis does not answer with the value that is remembered, if one is. */
  fallingBack(read: ReadValue): ReadValue
  readonly staleIfError: NonNullable<KeyValue['staleIfError']>
  /** Remembers what was written. */
  written(registry: Registry, changes: readonly Write[]): void
  /** Forgets every remembered value. */
  clear(): void
}

/** Bytes of the values that are remembered. */
const REMEMBERED_BYTES = 32 * 1024 * 1024
/** What the bookkeeping costs beside a key and a value. */
const ENTRY_BYTES = 200

/** Named after the HTTP directive for the same thing: RFC 5861 section 4. */
export function staleReads(): StaleReads {
  const context = new AsyncLocalStorage<{ isOver: boolean }>()
  const remembered = new LRUCache<string, { value: string | undefined }>({
    maxSize: REMEMBERED_BYTES,
    sizeCalculation: ({ value }, id) => id.length + (value?.length ?? 0) + ENTRY_BYTES,
  })

  return {
    remembering: (read) => async (place) => {
      const value = await read(place)
      remembered.set(idOf(place), { value })
      return value
    },
    fallingBack: (read) => async (place) => {
      try {
        return await read(place)
      } catch (error) {
        const last = context.getStore()?.isOver === false ? remembered.get(idOf(place)) : undefined
        if (!last || !(error instanceof StoreUnavailable)) throw error
        return last.value
      }
    },
    staleIfError(work) {
      // What goes on in the background after the work has ended inherits its context and must not be given old values.
      const scope = { isOver: false }
      return context.run(scope, work).finally(() => (scope.isOver = true))
    },
    written(registry, changes) {
      for (const { collection, key, value } of changes) remembered.set(idOf({ registry, collection, key }), { value })
    },
    clear: () => remembered.clear(),
  }
}
