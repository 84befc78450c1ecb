import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { KeyValue } from '../../src/registry/ports/key-value.js'
import type { LastingKeyValue, RecordBatch, RecordTransfer } from '../../src/registry/ports/record-transfer.js'
import { installation, type Registry } from '../../src/registry/registry.js'

const registry: Registry = { account: '123456789012', region: 'eu-west-1' }
const other: Registry = { account: '123456789012', region: 'us-east-1' }
const collections = ['tags', 'rules', 'settings']

/**
 * The behaviour required of every transfer of records. `create` opens an empty store, `reopen` the same one as seen by
 * another process.
 */
export function transferContract(
  name: string,
  create: () => Promise<LastingKeyValue>,
  reopen: () => Promise<KeyValue>,
) {
  describe(`The transfer of records on ${name}`, () => {
    let store: LastingKeyValue
    let reader: KeyValue
    let transfer: RecordTransfer
    beforeEach(async () => {
      store = await create()
      reader = await reopen()
      transfer = store.transfer
    })
    afterEach(() => Promise.all([store.close(), reader.close()]))

    const put = (key: string, value: string, of = registry, collection = 'tags') =>
      reader.commit(of, [], [{ collection, key, value }])
    const entriesIn = (of = registry, collection = 'tags') => reader.list(of, collection, { limit: 1000 })
    const batch = (entries: RecordBatch['entries'], of = registry, collection = 'tags'): RecordBatch => ({
      registry: of,
      collection,
      entries,
    })

    it('A snapshot does not change, and writers are not held up', async () => {
      await put('a 1', '"old"')
      await put('a 2', '"old"', other)
      const snapshot = await transfer.snapshot(collections)
      await put('a 1', '"new"')
      await put('b 1', '"new"')
      await reader.commit(other, [], [{ collection: 'tags', key: 'a 2', value: undefined }])
      expect(await snapshot.list(registry, 'tags', { limit: 10 })).toEqual([['a 1', '"old"']])
      expect(await snapshot.list(other, 'tags', { limit: 10 })).toEqual([['a 2', '"old"']])
      expect(await snapshot.registries()).toEqual(expect.arrayContaining([registry, other]))
      await snapshot.close()
      expect(await entriesIn()).toEqual([
        ['a 1', '"new"'],
        ['b 1', '"new"'],
      ])
    })
    it('A snapshot is read in pages', async () => {
      for (const key of ['a', 'b', 'c']) await put(key, `"${key.repeat(100)}"`)
      const snapshot = await transfer.snapshot(collections)
      const first = await snapshot.list(registry, 'tags', { limit: 10, bytes: 150 })
      expect(first.map(([key]) => key)).toEqual(['a', 'b'])
      const rest = await snapshot.list(registry, 'tags', { limit: 10, after: 'b' })
      expect(rest.map(([key]) => key)).toEqual(['c'])
      expect(await snapshot.list(registry, 'rules', { limit: 10 })).toEqual([])
      await snapshot.close()
    })
    it('No process sees a record of a load before all are there', async () => {
      async function* batches() {
        yield batch([['a', '1']])
        yield batch([['x', '2']], other, 'rules')
        expect([await entriesIn(), await entriesIn(other, 'rules')]).toEqual([[], []])
        yield batch([['b', '3']])
      }
      expect(await transfer.load(batches(), collections)).toBe(true)
      // Reads of LMDB that follow each other at once are of one moment.
      await expect
        .poll(() => entriesIn())
        .toEqual([
          ['a', '1'],
          ['b', '3'],
        ])
      expect(await entriesIn(other, 'rules')).toEqual([['x', '2']])
    })
    it('A load that fails leaves nothing', async () => {
      async function* batches() {
        yield batch([['a', '1']])
        throw new Error('the archive ends here')
      }
      await expect(transfer.load(batches(), collections)).rejects.toThrow('the archive ends here')
      expect([await entriesIn(), await reader.registries()]).toEqual([[], []])
      expect(await put('a', '2')).toBe(true)
    })
    it('A registry that holds something is left as it is, and so is every other', async () => {
      await put('mine', '1', registry, 'rules')
      async function* batches() {
        yield batch([['x', '1']], other)
        yield batch([['a', '1']])
      }
      expect(await transfer.load(batches(), ['tags', 'rules'])).toBe(false)
      expect([await entriesIn(), await entriesIn(registry, 'rules')]).toEqual([[], [['mine', '1']]])
    })
    it('A collection that need not be empty gets the records in addition', async () => {
      await put('label', '"mine"', installation, 'settings')
      async function* batches() {
        yield batch([['clock', '"60"']], installation, 'settings')
      }
      expect(await transfer.load(batches(), ['tags'])).toBe(true)
      expect(await entriesIn(installation, 'settings')).toEqual([
        ['clock', '"60"'],
        ['label', '"mine"'],
      ])
    })
    it('Counts hold after a load', async () => {
      await put('a 0', '1')
      const expectation = { collection: 'tags', bound: { prefix: '', fewerThan: 10 }, hasFewer: true }
      await reader.commit(registry, [expectation], [{ collection: 'tags', key: 'a 0', value: '2' }])
      async function* batches() {
        yield batch([
          ['a 1', '1'],
          ['a 2', '1'],
        ])
      }
      expect(await transfer.load(batches(), ['rules'])).toBe(true)
      expect(await reader.count(registry, 'tags')).toBe(3)
      expect(await reader.hasFewer(registry, 'tags', { prefix: '', fewerThan: 3 })).toBe(false)
      expect(await reader.count(registry, 'rules')).toBe(0)
    })
  })
}
