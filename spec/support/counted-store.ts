import { expect } from 'vitest'
import { redisKeyValue } from '../../src/adapters/redis/key-value.js'
import type { KeyValue, Place } from '../../src/registry/ports/key-value.js'
import { storeOf } from '../../src/store/store.js'
import { silent as log } from './silent-log.js'

/** An empty store in this Redis that counts how often somebody waited for it. */
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
      get: counted((place: Place) => keyValue.get(place)),
      list: counted((...asked: Parameters<KeyValue['list']>) => keyValue.list(...asked)),
      isBelow: counted((...asked: Parameters<KeyValue['isBelow']>) => keyValue.isBelow(...asked)),
      commit: counted((...given: Parameters<KeyValue['commit']>) => keyValue.commit(...given)),
    }),
    /** Does it once, and waits until nothing goes on behind it: a pull is written down once a minute. */
    async settled(work: () => Promise<unknown>): Promise<void> {
      await work()
      let before = -1
      const areThereMore = () => inProgress > 0 || before !== (before = trips)
      await expect.poll(areThereMore, { interval: 30 }).toBe(false)
    },
    /** How many round trips this takes. */
    async count(work: () => Promise<unknown>): Promise<number> {
      const before = trips
      await work()
      return trips - before
    },
  }
}
