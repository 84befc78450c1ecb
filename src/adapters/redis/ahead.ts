import { AsyncLocalStorage } from 'node:async_hooks'
import { LRUCache } from 'lru-cache'
import { type KeyValue, type Place, StoreUnavailable, type Write } from '../../registry/ports/key-value.js'
import type { Registry } from '../../registry/registry.js'

type Value = string | undefined
type Read = (place: Place) => Promise<Value>

/** What was read for a piece of work before it asked. */
interface Foreseen {
  readonly values: Map<string, Promise<Value>[]>
  /** What was told for the work that this is a part of. */
  readonly around: Foreseen | undefined
  mayBeLastKnown: boolean
}

/** Reads that were told ahead, and what is known while the store is away. */
export interface Reads {
  readonly get: Read
  readonly ahead: KeyValue['ahead']
  /** What was read ahead is not to be relied on once this piece of work has written; what it wrote is known. */
  written(registry: Registry, changes: readonly Write[]): void
  forget(): void
}

/** Bytes of the values that are remembered for the time the store is away. */
const REMEMBERED_BYTES = 32 * 1024 * 1024
/** What the bookkeeping costs beside a key and a value. */
const ENTRY_BYTES = 200

/** Answers from what was told ahead, once a place; from the store; and, where a request may, from what was read last. */
export function readsOn(read: Read): Reads {
  const context = new AsyncLocalStorage<Foreseen>()
  const remembered = new LRUCache<string, { value: Value }>({
    maxSize: REMEMBERED_BYTES,
    sizeCalculation: ({ value }, id) => id.length + (value?.length ?? 0) + ENTRY_BYTES,
  })

  const fresh = async (place: Place, id: string) => {
    const value = await read(place)
    remembered.set(id, { value })
    return value
  }

  async function get(place: Place): Promise<Value> {
    const [id, layers] = [idOf(place), layersOf(context.getStore())]
    try {
      return await (told(layers, id) ?? fresh(place, id))
    } catch (error) {
      const known = layers.some(({ mayBeLastKnown }) => mayBeLastKnown) ? remembered.get(id) : undefined
      if (!known || !(error instanceof StoreUnavailable)) throw error
      return known.value
    }
  }

  return {
    get,
    ahead(places, work, { lastKnown = false } = {}) {
      const foreseen: Foreseen = { values: new Map(), around: context.getStore(), mayBeLastKnown: lastKnown }
      for (const [id, value] of together(places, fresh))
        foreseen.values.set(id, [...(foreseen.values.get(id) ?? []), value])
      return context.run(foreseen, work).finally(() => end(foreseen))
    },
    written(registry, changes) {
      for (const layer of layersOf(context.getStore())) layer.values.clear()
      for (const { collection, key, value } of changes) remembered.set(idOf({ registry, collection, key }), { value })
    },
    forget: () => remembered.clear(),
  }
}

/**
 * Reads all places at once and gives out no value before all are there. Otherwise what is read next, by what the first ones
 * say, would go out one after the other whenever the answers arrive in several pieces.
 */
function together(places: Iterable<Place>, read: (place: Place, id: string) => Promise<Value>) {
  const reading = [...places].map((place) => {
    const id = idOf(place)
    return [id, read(place, id)] as const
  })
  const all = Promise.allSettled(reading.map(([, value]) => value))
  return reading.map(([id, value]) => {
    const released = all.then(() => value)
    // Work that takes another path never asks for it: then its failure is nobody's.
    released.catch(() => {})
    return [id, released] as const
  })
}

/** Innermost first. */
const layersOf = (foreseen: Foreseen | undefined): Foreseen[] =>
  foreseen ? [foreseen, ...layersOf(foreseen.around)] : []

const told = (layers: readonly Foreseen[], id: string) =>
  layers
    .find(({ values }) => values.get(id)?.length)
    ?.values.get(id)
    ?.pop()

/** What goes on behind the work, when that is done, reads for itself, and is told when the store is away. */
function end(foreseen: Foreseen): void {
  foreseen.values.clear()
  foreseen.mayBeLastKnown = false
}

const idOf = ({ registry: { account, region }, collection, key }: Place) => `${account} ${region} ${collection} ${key}`
