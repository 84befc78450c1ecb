import { describe, expect, it } from 'vitest'
import { readsOn } from '../../../src/adapters/redis/ahead.js'
import { StoreUnavailable } from '../../../src/registry/ports/key-value.js'

describe('Prefetched reads', () => {
  it('Prefetched records arrive together, so that the reads depending on them share a round trip, too', async () => {
    const asked: string[] = []
    const release: (() => void)[] = []
    const reads = readsOn(({ key }) => {
      asked.push(key)
      return new Promise((resolve) => release.push(() => resolve(key)))
    })
    const place = (key: string) => ({ registry: { account: '1', region: 'x' }, collection: 'tags', key })
    const image = async (tag: string) => reads.get(place(`image of ${await reads.get(place(tag))}`))
    const done = reads.ahead([place('a'), place('b')], () => Promise.all([image('a'), image('b')]))
    for (const answer of release.splice(0)) {
      expect(asked).toEqual(['a', 'b'])
      answer()
      await new Promise((resolve) => setImmediate(resolve))
    }
    expect(asked).toEqual(['a', 'b', 'image of a', 'image of b'])
    release.forEach((answer) => answer())
    await done
  })
})

describe('The last known values', () => {
  it('Old last known values are dropped as memory fills, even if long keys fill it', async () => {
    let isAway = false
    const reads = readsOn(() => (isAway ? Promise.reject(new StoreUnavailable('away')) : Promise.resolve(undefined)))
    const place = (name: string) => ({
      ...{ registry: { account: '1', region: 'x' }, collection: 'layers', key: name.repeat(1_000_000) },
    })
    const names = [...'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMN']
    for (const name of names) await reads.get(place(name))
    isAway = true
    const known = await reads.ahead([], () => Promise.allSettled(names.map((name) => reads.get(place(name)))), {
      lastKnown: true,
    })
    expect(known.at(0)?.status).toBe('rejected')
    expect(known.at(-1)?.status).toBe('fulfilled')
  })
})
