import { setImmediate } from 'node:timers/promises'
import type { KeyValue } from '../../src/registry/ports/key-value.js'

/** The same store with a turn of the event loop before every step, so that concurrent requests interleave. */
export const interleaved = (keyValue: KeyValue): KeyValue => ({
  ...keyValue,
  async get(place) {
    await setImmediate()
    return keyValue.get(place)
  },
  async list(registry, collection, page) {
    await setImmediate()
    return keyValue.list(registry, collection, page)
  },
  async commit(registry, expectations, writes) {
    await setImmediate()
    return keyValue.commit(registry, expectations, writes)
  },
})
