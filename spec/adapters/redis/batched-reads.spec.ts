import { describe, expect, it } from 'vitest'
import { batchedReads, idOf } from '../../../src/adapters/redis/batched-reads.js'
import type { RecordKey } from '../../../src/registry/ports/key-value.js'

const place = (key: string, account = '1'): RecordKey => ({
  registry: { account, region: 'x' },
  collection: 'tags',
  key,
})
const nextTick = () => new Promise((resolve) => setImmediate(resolve))

/** Reads that are answered when the spec says so, each with its key. */
function heldReads(serverOf: (place: RecordKey) => string = () => '') {
  const sent: string[][] = []
  const waiting: (() => void)[] = []
  const read = batchedReads((keys) => {
    sent.push([...keys.values()].map(({ key }) => key))
    return new Promise((resolve) => waiting.push(() => resolve(new Map([...keys].map(([id, { key }]) => [id, key])))))
  }, serverOf)
  const get = (recordKey: RecordKey) => read(idOf(recordKey), recordKey)
  return { get, sent, answerAll: () => waiting.splice(0).forEach((answer) => answer()), waiting }
}

describe('Batched reads', () => {
  it('Reads of one tick are one request, and so are the reads that depend on them', async () => {
    const { get, sent, answerAll } = heldReads()
    const image = async (tag: string) => get(place(`image of ${await get(place(tag))}`))
    const images = Promise.all([image('a'), image('b')])
    await nextTick()
    answerAll()
    await nextTick()
    expect(sent).toEqual([
      ['a', 'b'],
      ['image of a', 'image of b'],
    ])
    answerAll()
    await images
  })

  it('A key that is read several times in one tick, promise jobs included, is sent once', async () => {
    const { get, sent, answerAll } = heldReads()
    const reads = [get(place('a')), Promise.resolve().then(() => get(place('a'))), get(place('a', '2'))]
    await nextTick()
    expect(sent).toEqual([['a', 'a']])
    answerAll()
    expect(await Promise.all(reads)).toEqual(['a', 'a', 'a'])
  })

  it('A read does not wait for the reads of another server', async () => {
    const { get, waiting } = heldReads(({ registry }) => registry.account)
    const [first, second] = [get(place('a', '1')), get(place('b', '2'))]
    void second
    await nextTick()
    waiting[0]?.()
    expect(await first).toBe('a')
  })

  it('A read that fails leaves the other reads of its tick alone', async () => {
    const read = batchedReads(
      async (keys) => new Map([...keys].map(([id, { key }]) => [id, key === 'bad' ? new Error('WRONGTYPE') : key])),
      () => '',
    )
    const [bad, good] = await Promise.allSettled(['bad', 'good'].map((key) => read(key, place(key))))
    expect(bad).toMatchObject({ status: 'rejected', reason: { message: 'WRONGTYPE' } })
    expect(good).toEqual({ status: 'fulfilled', value: 'good' })
  })
})
