import { redisKeyValue } from '../../src/adapters/redis/key-value.js'
import type { KeyValue } from '../../src/registry/ports/key-value.js'
import type { Store } from '../../src/registry/ports/store.js'
import { storeOf } from '../../src/registry/store.js'

/** A store in Redis, as a spec looks at it. */
export interface RedisStore extends AsyncDisposable {
  readonly keyValue: KeyValue
  readonly store: Store
  /** The messages it logged, debug and trace apart. */
  readonly logged: readonly string[]
  /** How many round trips this takes. */
  count(work: () => Promise<unknown>): Promise<number>
}

/** Opens a store, closed at the end of the block. */
export async function redisStore(url: string): Promise<RedisStore> {
  const logged: string[] = []
  const note = (_: object, message: string) => void logged.push(message)
  let trips = 0
  const log = { trace() {}, debug() {}, info: note, warn: note, error: note }
  const keyValue = await redisKeyValue({ url, log, onRoundTrip: () => trips++ })
  return {
    ...{ keyValue, store: storeOf(keyValue), logged },
    async count(work) {
      const before = trips
      await work()
      return trips - before
    },
    [Symbol.asyncDispose]: () => keyValue.close(),
  }
}
