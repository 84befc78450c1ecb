import { describe, expect, it } from 'vitest'
import { batchedReads } from '../../../src/adapters/redis/batched-reads.js'
import type { RecordKey } from '../../../src/registry/ports/key-value.js'

const place = (key: string, account = '1'): RecordKey => ({
  registry: { account, region: 'x' },
  collection: 'tags',
  key,
})
const nextTick = () => new Promise((resolve) => setImmediate(resolve))

/** Reads that are answered one by one, when the spec says so. */
function heldReads(serverOf: (place: RecordKey) => string = () => '') {
  const sent: string[] = []
  const waiting: (() => void)[] = []
  const get = batchedReads(({ key }) => {
    sent.push(key)
    return new Promise((resolve) => waiting.push(() => resolve(key)))
  }, serverOf)
  return { get, sent, answerAll: () => waiting.splice(0) }
}

describe('Batched reads', () => {
  it('Reads of one tick are answered together, so that the reads depending on them share a round trip, too', async () => {
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

  it('A key that is read several times in one tick, promise jobs included, is sent once', async () => {
    const { get, sent, answerAll } = heldReads()
    const reads = [get(place('a')), Promise.resolve().then(() => get(place('a'))), get(place('a', '2'))]
    await nextTick()
    expect(sent).toEqual(['a', 'a'])
    answerAll().forEach((answer) => answer())
    expect(await Promise.all(reads)).toEqual(['a', 'a', 'a'])
  })

  it('A read does not wait for the reads of another server', async () => {
    const { get, answerAll } = heldReads(({ registry }) => registry.account)
    const [first, second] = [get(place('a', '1')), get(place('b', '2'))]
    void second
    await nextTick()
    answerAll()[0]?.()
    expect(await first).toBe('a')
  })

  it('A read that fails leaves the other reads of its tick alone', async () => {
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
