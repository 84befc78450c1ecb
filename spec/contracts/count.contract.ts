import { beforeEach, describe, expect, it } from 'vitest'
import { keyOf, type Store } from '../../src/registry/ports/store.js'
import type { Registry } from '../../src/registry/registry.js'

const registry: Registry = { account: '123456789012', region: 'eu-central-1' }

/** The part of the store's contract that quotas rely on. `stores` returns the same store as seen by two processes. */
export function countContract(stores: () => { readonly store: Store; readonly other: Store }) {
  describe('Counts of records', () => {
    let store: Store
    let other: Store
    beforeEach(() => void ({ store, other } = stores()))

    const tag = (repository: string, name: string) => ({ repository, tag: name, digest: 'd' })
    const put = (repository: string, name: string, by = store) =>
      by.tags.put(registry, keyOf(repository, name), tag(repository, name))
    /** The number of records, found with the call that quotas use. */
    const counted = async (prefix = '', by = store) => {
      const isBelow = (count: number) => by.tags.holdsFewerThan(registry, count, prefix)
      for (let count = 0; ; count++) if (await isBelow(count + 1)) return count
    }
    /** Makes a commit depend on the counts, as a quota does. */
    const rely = (by = store) =>
      by.transact(registry, async ({ tags, settings }) => {
        await Promise.all(['', 'a ', 'ab '].map((prefix) => tags.holdsFewerThan(registry, 100, prefix)))
        await settings.put(registry, 'relied', 'yes')
      })

    it('A count covers a whole collection or the records of one name in it', async () => {
      for (const [repository, name] of [
        ['a', '1'],
        ['a', '2'],
        ['ab', '1'],
        ['b', 'a '],
      ] as const) {
        await put(repository, name)
      }
      await store.tags.put({ ...registry, region: 'eu-west-1' }, 'a 1', tag('a', '1'))
      for (const relied of [false, true]) {
        if (relied) await rely()
        expect([await counted(), await counted('a '), await counted('ab '), await counted('c ')]).toEqual([4, 2, 1, 0])
      }
    })
    it('A count follows records that any process puts, replaces, inserts or removes', async () => {
      await rely()
      await put('a', '1')
      await rely(other)
      for (const name of ['1', '2', '3']) await put('a', name, other)
      await put('ab', '1')
      expect([await counted('a '), await counted('a ', other), await counted()]).toEqual([3, 3, 4])
      expect(await store.tags.insert(registry, 'a 1', tag('a', '1'))).toBe(false)
      await store.transact(registry, async ({ tags }) => {
        for (const name of ['1', '2', 'gone']) await tags.remove(registry, keyOf('a', name))
        await tags.put(registry, 'a 4', tag('a', '4'))
      })
      expect([await counted('a '), await counted('a ', other), await counted()]).toEqual([2, 2, 3])
      for (const name of ['3', '4']) await store.tags.remove(registry, keyOf('a', name))
      expect([await counted('a '), await counted()]).toEqual([0, 1])
      await rely()
      await put('a', '1')
      expect([await counted('a '), await counted()]).toEqual([1, 2])
      await store.clear()
      expect([await counted('a '), await counted()]).toEqual([0, 0])
    })
    it('A transaction runs again only if a count it relies on has passed the bound', async () => {
      let runs = 0
      const inserting = (name: string, bound: number, meanwhile: () => Promise<unknown>) =>
        store.transact(registry, async ({ tags }) => {
          const isBelow = await tags.holdsFewerThan(registry, bound, 'a ')
          if (++runs === 1) await meanwhile()
          return isBelow && tags.insert(registry, keyOf('a', name), tag('a', name))
        })
      expect(await inserting('1', 3, () => put('a', '2', other))).toBe(true)
      expect(runs).toBe(1)
      runs = 0
      expect(await inserting('3', 3, () => put('a', '4', other))).toBe(false)
      expect(runs).toBe(2)
      expect(await counted('a ')).toBe(3)
    })
    it('Racing inserts of two processes fill a quota and never exceed it', async () => {
      const insert = (at: number) =>
        (at % 2 ? store : other).transact(registry, async ({ tags }) => {
          const hasRoom = await tags.holdsFewerThan(registry, 10, 'a ')
          return hasRoom && tags.insert(registry, `a ${at}`, tag('a', `${at}`))
        })
      const inserted = await Promise.all(Array.from({ length: 30 }, (_, at) => insert(at)))
      expect(inserted.filter(Boolean)).toHaveLength(10)
      expect(await counted('a ')).toBe(10)
    })
  })
}
