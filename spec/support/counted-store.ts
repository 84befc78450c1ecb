import { expect } from 'vitest'
import { redisKeyValue } from '../../src/adapters/redis/key-value.js'
import type { KeyValue, RecordKey } from '../../src/registry/ports/key-value.js'
import { storeOf } from '../../src/store/store-of.js'
import { silent as log } from './silent-log.js'

/** An empty store in this Redis that counts round trips. */
export async function countedStore(url: string) {
  let trips = 0
  let inProgress = 0
  const counted = <A extends unknown[], R>(call: (...args: A) => Promise<R>) =>
    async function (...args: A) {
      inProgress++
      return call(...args).finally(() => inProgress--)
    }
  const keyValue = await redisKeyValue({ url, log, onRoundTrip: () => void trips++ })
  await keyValue.clear()
  return {
    store: storeOf({
      ...keyValue,
      get: counted(async (place: RecordKey) => keyValue.get(place)),
      list: counted((...asked: Parameters<KeyValue['list']>) => keyValue.list(...asked)),
      hasFewer: counted((...asked: Parameters<KeyValue['hasFewer']>) => keyValue.hasFewer(...asked)),
      commit: counted((...given: Parameters<KeyValue['commit']>) => keyValue.commit(...given)),
    }),
    /** Runs the work and waits until nothing continues in the background: pull times are recorded once a minute. */
    async settled(work: () => Promise<unknown>): Promise<void> {
      await work()
      let before = -1
      const areThereMore = () => inProgress > 0 || before !== (before = trips)
      await expect.poll(areThereMore, { interval: 30 }).toBe(false)
    },
    /** The number of round trips that the work takes. */
    async count(work: () => Promise<unknown>): Promise<number> {
      const before = trips
      await work()
      return trips - before
    },
  }
}
