import { redisKeyValue } from '../../src/adapters/redis/key-value.js'
import type { KeyValue } from '../../src/registry/ports/key-value.js'
import type { Store } from '../../src/registry/ports/store.js'
import { storeOf } from '../../src/store/store.js'

/** A store in Redis with what a spec observes of it. */
export interface RedisStore extends AsyncDisposable {
  readonly keyValue: KeyValue
  readonly store: Store
  /** The logged messages except debug and trace. */
  readonly logged: readonly string[]
  /** The same messages with their facts. */
  readonly lines: readonly Readonly<Record<string, unknown>>[]
  /** Resolves when the store reports that it has become unusable. */
  readonly lost: Promise<Error>
  /** The number of round trips that the work takes. */
  count(work: () => Promise<unknown>): Promise<number>
}

/** Opens a store that is closed at the end of the block. */
export async function redisStore(url: string, options: { giveUpAfterMs?: number } = {}): Promise<RedisStore> {
  const lines: (Record<string, unknown> & { message: string })[] = []
  const note = (facts: object, message: string) => void lines.push({ ...facts, message })
  let onLost: (error: Error) => void = () => {}
  const lost = new Promise<Error>((resolve) => (onLost = resolve))
  let trips = 0
  const log = { trace() {}, debug() {}, info: note, warn: note, error: note }
  const keyValue = await redisKeyValue({ url, log, onRoundTrip: () => trips++, onLost, ...options })
  return {
    ...{ keyValue, store: storeOf(keyValue), lines, lost },
    get logged() {
      return lines.map(({ message }) => message)
    },
    async count(work) {
      const before = trips
      await work()
      return trips - before
    },
    [Symbol.asyncDispose]: () => keyValue.close(),
  }
}
