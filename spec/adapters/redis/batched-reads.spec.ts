import { describe, expect, it } from 'vitest'
import { batchedReads } from '../../../src/adapters/redis/batched-reads.js'
import type { Place } from '../../../src/registry/ports/key-value.js'

const place = (key: string, account = '1'): Place => ({ registry: { account, region: 'x' }, collection: 'tags', key })
const nextTick = () => new Promise((resolve) => setImmediate(resolve))

/** Reads that are answered one by one, when the spec says so. */
function heldReads(serverOf: (place: Place) => string = () => '') {
  const sent: string[] = []
  const waiting: (() => void)[] = []
  const get = batchedReads(({ key }) => {
    sent.push(key)
    return new Promise((resolve) => waiting.push(() => resolve(key)))
  }, serverOf)
  return { get, sent, answerAll: () => waiting.splice(0) }
}

describe('What is read ahead', () => {
  it('is there together, whichever answer comes first, so that what depends on it is read together too', async () => {
    const { get, sent, answerAll } = heldReads()
    const image = async (tag: string) => get(place(`image of ${await get(place(tag))}`))
    const images = Promise.all([image('a'), image('b')])
    await nextTick()
    for (const answer of answerAll()) {
      expect(sent).toEqual(['a', 'b'])
      answer()
      await nextTick()
    }
    expect(sent).toEqual(['a', 'b', 'image of a', 'image of b'])
    answerAll().forEach((answer) => answer())
    await images
  })

  it('is sent once in a tick for a key that is read several times in it, also from promise jobs', async () => {
    const { get, sent, answerAll } = heldReads()
    const reads = [get(place('a')), Promise.resolve().then(() => get(place('a'))), get(place('a', '2'))]
    await nextTick()
    expect(sent).toEqual(['a', 'a'])
    answerAll().forEach((answer) => answer())
    expect(await Promise.all(reads)).toEqual(['a', 'a', 'a'])
  })

  it('is not held up by a read of another server', async () => {
    const { get, answerAll } = heldReads(({ registry }) => registry.account)
    const [first, second] = [get(place('a', '1')), get(place('b', '2'))]
    void second
    await nextTick()
    answerAll()[0]?.()
    expect(await first).toBe('a')
  })

  it('fails alone where another read of the same tick is answered', async () => {
    const fails = batchedReads(
      async ({ key }) => {
        if (key === 'bad') throw new Error('WRONGTYPE')
        return key
      },
      () => '',
    )
    const [bad, good] = await Promise.allSettled([fails(place('bad')), fails(place('good'))])
    expect(bad).toMatchObject({ status: 'rejected', reason: { message: 'WRONGTYPE' } })
    expect(good).toEqual({ status: 'fulfilled', value: 'good' })
  })
})
