import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import fc from 'fast-check'
import { memoryBlobStore } from '../../src/adapters/memory/blob-store.js'
import { keyedMutex } from '../../src/coordination/keyed-mutex.js'
import { deleteRepository } from '../../src/registry/repositories/repository-deletion.js'
import { putImage } from '../../src/registry/images/image-registration.js'
import type { KeyValue } from '../../src/registry/ports/key-value.js'
import { keyOf, type Store } from '../../src/registry/ports/store.js'
import { installation, type Registry } from '../../src/registry/registry.js'
import type { Repository } from '../../src/registry/repositories/repository.js'
import { storeOf } from '../../src/store/store-of.js'
import { largePages } from './store-pages.contract.js'
import { countContract } from './count.contract.js'

const registry: Registry = { account: '123456789012', region: 'eu-west-1' }
const repository = (name: string, createdAt = 0): Repository => ({
  name,
  createdAt,
  imageTagMutability: 'MUTABLE',
  scanOnPush: false,
  encryption: { encryptionType: 'AES256' },
  tags: [],
})
const upload = { id: 'gone', repository: 'a', startedAt: 0, size: 0 }
const manifest = { mediaType: 'application/vnd.oci.image.manifest.v1+json', blobs: [], manifests: [] }
const layer = (name: string, digest: string) => ({ repository: name, digest, size: 1 })
const noPins = { pin: async () => {}, isPinned: async () => true }
const byBytes = (a: string, b: string) => Buffer.compare(Buffer.from(a), Buffer.from(b))

/**
 * The behaviour required of a Store on every KeyValue. `create` returns an empty one, `reopen` the same one as seen by
 * another process; it is omitted if only this process can see it.
 */
export function storeContract(name: string, create: () => Promise<KeyValue>, reopen?: () => Promise<KeyValue>) {
  describe(`The store on ${name}`, () => {
    let keyValue: KeyValue
    let store: Store
    let other: Store
    beforeEach(async () => {
      keyValue = await create()
      store = storeOf(keyValue)
      other = storeOf(reopen ? await reopen() : keyValue)
    })
    afterEach(() => Promise.all([store.close(), ...(reopen ? [other.close()] : [])]))

    const namesOf = async (page: Parameters<Store['repositories']['list']>[1]) => {
      const { items, next } = await store.repositories.list(registry, page)
      return { names: items.map((item) => item.name), next }
    }
    const insertAll = (...names: string[]) =>
      Promise.all(names.map((each) => store.repositories.insert(registry, each, repository(each))))

    it('An insert of a key that exists changes nothing', async () => {
      expect(await store.repositories.insert(registry, 'a', repository('a', 1))).toBe(true)
      expect(await store.repositories.insert(registry, 'a', repository('a', 2))).toBe(false)
      expect(await store.repositories.get(registry, 'a')).toEqual(repository('a', 1))
    })
    it('Exactly one of many racing inserts of a key succeeds', async () => {
      const won = await Promise.all(
        Array.from({ length: 50 }, (_, at) => store.repositories.insert(registry, 'a', repository('a', at))),
      )
      expect(won.filter(Boolean)).toHaveLength(1)
      expect((await store.repositories.get(registry, 'a'))?.createdAt).toBe(won.indexOf(true))
    })
    it('A put replaces the record that was there', async () => {
      await store.settings.put(registry, 'a', 'one')
      await store.settings.put(registry, 'a', 'two')
      expect(await store.settings.get(registry, 'a')).toBe('two')
    })
    it('An update changes an existing record and does not create one', async () => {
      await insertAll('a')
      const changed = await store.repositories.update(registry, 'a', (record) => ({ ...record, createdAt: 7 }))
      expect(changed).toEqual(repository('a', 7))
      expect(await store.repositories.get(registry, 'a')).toEqual(repository('a', 7))
      expect(await store.repositories.update(registry, 'b', (record) => record)).toBeUndefined()
      expect(await store.repositories.get(registry, 'b')).toBeUndefined()
    })
    it('Exactly one of many concurrent removals of a record returns it', async () => {
      await insertAll('a')
      const removed = await Promise.all(Array.from({ length: 20 }, () => store.repositories.remove(registry, 'a')))
      expect(removed.filter(Boolean)).toEqual([repository('a')])
      expect(await namesOf({ limit: 9 })).toEqual({ names: [], next: undefined })
    })
    it('A returned record cannot be changed, nor does a change of a listed one change the store', async () => {
      await insertAll('a')
      const record = await store.repositories.get(registry, 'a')
      expect(() => record?.tags.push({ Key: 'k', Value: 'v' })).toThrow(TypeError)
      const { items } = await store.repositories.list(registry, { limit: 1 })
      items[0]?.tags.push({ Key: 'k', Value: 'v' })
      expect(await store.repositories.get(registry, 'a')).toEqual(repository('a'))
      expect((await store.repositories.list(registry, { limit: 1 })).items).toEqual([repository('a')])
    })
    it('A key of the longest names that AWS allows can be stored', async () => {
      const key = keyOf('n'.repeat(256), 'subject', `sha512:${'a'.repeat(128)}`, `sha512:${'b'.repeat(128)}`)
      await store.settings.put(registry, key, 'x')
      await store.settings.put(registry, keyOf('n'.repeat(256), 't'.repeat(300)), 'y')
      expect(await store.settings.get(registry, key)).toBe('x')
      expect((await store.settings.list(registry, { limit: 9, prefix: 'n'.repeat(256) })).items).toEqual(['x', 'y'])
    })
    it('Reads with absurdly long keys are answered as if the key were absent', async () => {
      await insertAll('a', 'b')
      const long = `a${'x'.repeat(5000)}`
      expect(await store.repositories.get(registry, long)).toBeUndefined()
      expect((await namesOf({ limit: 9, prefix: long })).names).toEqual([])
      expect((await namesOf({ limit: 9, after: long })).names).toEqual(['b'])
    })

    describe('Lists', () => {
      largePages(() => ({ keyValue, store, other }))
      it('A list pages in key order and ends with the last page', async () => {
        await insertAll('c', 'a', 'b')
        expect(await namesOf({ limit: 2 })).toEqual({ names: ['a', 'b'], next: 'b' })
        expect(await namesOf({ limit: 2, after: 'b' })).toEqual({ names: ['c'], next: undefined })
        expect(await namesOf({ limit: 3 })).toEqual({ names: ['a', 'b', 'c'], next: undefined })
      })
      it('A list continues after a key that has been removed meanwhile', async () => {
        await insertAll('a', 'b', 'c', 'd')
        const { next } = await namesOf({ limit: 2 })
        await store.repositories.remove(registry, 'b')
        await insertAll('aa', 'bb')
        expect(await namesOf({ limit: 9, after: next ?? '' })).toEqual({ names: ['bb', 'c', 'd'], next: undefined })
      })
      it('A list with a prefix contains exactly the keys that begin with it', async () => {
        await insertAll('a', 'a/', 'a/b', 'a/c', 'a0', 'b', 'a/\u{10ffff}', 'a/\u{10ffff}z')
        expect((await namesOf({ limit: 9, prefix: 'a/' })).names).toEqual([
          'a/',
          'a/b',
          'a/c',
          'a/\u{10ffff}',
          'a/\u{10ffff}z',
        ])
        expect(await namesOf({ limit: 1, prefix: 'a/', after: 'a/b' })).toEqual({ names: ['a/c'], next: 'a/c' })
        expect((await namesOf({ limit: 9, prefix: 'b', after: 'a' })).names).toEqual(['b'])
        expect((await namesOf({ limit: 9, prefix: 'a', after: 'b' })).names).toEqual([])
      })
      it('A list equals a sorted array for any keys', async () => {
        const key = fc.string({ unit: fc.constantFrom('a', 'b', '/', ' ', '\0', 'é', '\uffff', '\u{10ffff}') })
        const keys = fc.uniqueArray(key, { maxLength: 20 })
        const property = fc.asyncProperty(keys, key, key, fc.nat(6), async (all, prefix, after, extra) => {
          await store.clear()
          await Promise.all(all.map((each) => store.repositories.insert(registry, each, repository(each))))
          const limit = extra + 1
          const matching = all.filter((each) => each.startsWith(prefix) && byBytes(each, after) > 0).sort(byBytes)
          const names = matching.slice(0, limit)
          const next = matching.length > limit ? names.at(-1) : undefined
          expect(await namesOf({ limit, prefix, after })).toEqual({ names, next })
        })
        await fc.assert(property, { numRuns: 60 })
      })
    })

    it('Registries and collections do not share records', async () => {
      await insertAll('a')
      const others = [{ ...registry, region: 'eu-west-2' }, { ...registry, account: '12345678901' }, installation]
      for (const other of others) {
        expect(await store.repositories.get(other, 'a')).toBeUndefined()
        expect((await store.repositories.list(other, { limit: 9 })).items).toEqual([])
      }
      expect(await store.tags.get(registry, 'a')).toBeUndefined()
      expect((await store.repositoryPolicies.list(registry, { limit: 9 })).items).toEqual([])
    })
    it('Clearing the store clears every registry', async () => {
      await insertAll('a')
      await store.settings.put(installation, 'a', 'x')
      await store.clear()
      expect(await store.repositories.get(registry, 'a')).toBeUndefined()
      expect((await store.settings.list(installation, { limit: 9 })).items).toEqual([])
      expect(await store.repositories.insert(registry, 'a', repository('a'))).toBe(true)
    })

    it('The store lists the registries that have records', async () => {
      expect(await store.registries()).toEqual([])
      await insertAll('a', 'b')
      await store.settings.put(installation, 'a', 'x')
      await store.tags.put({ ...registry, region: 'eu-west-2' }, 'a b', { repository: 'a', tag: 'b', digest: 'c' })
      await store.uploads.put({ ...registry, account: '210987654321' }, 'gone', upload)
      await store.uploads.remove({ ...registry, account: '210987654321' }, 'gone')
      const found = (await other.registries()).map(({ account, region }) => `${account} ${region}`).sort()
      expect(found).toEqual(['- -', '123456789012 eu-west-1', '123456789012 eu-west-2'])
    })
    it('A record reads back exactly as it was written, whatever it contains', async () => {
      const property = fc.asyncProperty(
        fc.string({ unit: 'binary' }),
        fc.string({ unit: 'binary' }),
        async (key, text) => {
          await store.settings.put(registry, key, text)
          expect(await other.settings.get(registry, key)).toBe(text)
          await store.settings.update(registry, key, (before) => `${before} and more`)
          expect((await other.settings.list(registry, { limit: 1, prefix: key })).items).toEqual([`${text} and more`])
          await store.settings.remove(registry, key)
          expect(await other.settings.get(registry, key)).toBeUndefined()
        },
      )
      await fc.assert(property, { numRuns: 30 })
    })

    describe('Lists during concurrent writes', () => {
      const names = Array.from({ length: 300 }, (_, at) => `stays-${String(at).padStart(3, '0')}`)
      it('A list shows each record that is not removed, once and in order, while other processes write', async () => {
        await insertAll(...names)
        let isOver = false
        const churn = async (writer: Store, mark: string) => {
          for (let round = 0; !isOver; round++) {
            const name = `${names[(round * 37) % names.length] ?? ''}-${mark}${round % 5}`
            await writer.repositories.put(registry, name, repository(name))
            await writer.repositories.remove(registry, name)
          }
        }
        const churning = [churn(store, 'a'), churn(other, 'b')]
        const seen: string[] = []
        for (let after: string | undefined; ;) {
          const page = await namesOf({ limit: 40, ...(after !== undefined && { after }) })
          seen.push(...page.names)
          if (page.next === undefined) break
          after = page.next
        }
        isOver = true
        await Promise.all(churning)
        expect(seen).toEqual([...seen].sort(byBytes))
        expect(seen.filter((name) => names.includes(name))).toEqual(names)
      })
    })

    describe('Stale reads', () => {
      it('Work with stale reads allowed still reads the store again after each read', async () => {
        await store.settings.put(registry, 'a', 'one')
        const seen = await store.staleIfError(async () => {
          const first = [await store.settings.get(registry, 'a'), await store.settings.get(registry, 'absent')]
          await other.settings.put(registry, 'a', 'two')
          return [...first, await store.settings.get(registry, 'a'), await store.settings.get(registry, 'absent')]
        })
        expect(seen).toEqual(['one', undefined, 'two', undefined])
      })
      it('Work with stale reads allowed sees its own write', async () => {
        await store.settings.put(registry, 'a', 'one')
        const seen = await store.staleIfError(() =>
          store.staleIfError(async () => {
            await store.settings.put(registry, 'a', 'two')
            return store.settings.get(registry, 'a')
          }),
        )
        expect(seen).toBe('two')
      })
      it('A transaction that loses a race reads again where stale reads are allowed', async () => {
        await store.settings.put(registry, 'a', '1')
        await store.staleIfError(async () => {
          await other.settings.put(registry, 'a', '10')
          await store.settings.update(registry, 'a', (count) => String(Number(count) + 1))
        })
        expect(await store.settings.get(registry, 'a')).toBe('11')
      })
    })

    countContract(() => ({ store, other }))

    describe('Transactions', () => {
      it('A transaction loses none of 200 concurrent changes to one record', async () => {
        await insertAll('a')
        const grow = () =>
          store.repositories.update(registry, 'a', (record) => ({ ...record, createdAt: record.createdAt + 1 }))
        await Promise.all(Array.from({ length: 200 }, grow))
        expect((await store.repositories.get(registry, 'a'))?.createdAt).toBe(200)
      })
      it('A transaction loses none of 200 changes that two processes make to one record', async () => {
        await insertAll('a')
        const grow = (_: unknown, index: number) =>
          (index % 2 ? store : other).repositories.update(registry, 'a', (record) => ({
            ...record,
            createdAt: record.createdAt + 1,
          }))
        await Promise.all(Array.from({ length: 200 }, grow))
        expect((await other.repositories.get(registry, 'a'))?.createdAt).toBe(200)
      })
      it('A transaction is applied completely or not at all', async () => {
        const failing = store.transact(registry, async ({ repositories, layers }) => {
          await repositories.insert(registry, 'a', repository('a'))
          await layers.put(registry, 'a 1', layer('a', '1'))
          throw new Error('on second thoughts')
        })
        await expect(failing).rejects.toThrow('on second thoughts')
        expect(await store.repositories.get(registry, 'a')).toBeUndefined()
        expect(await store.layers.get(registry, 'a 1')).toBeUndefined()
      })
      it('A transaction reads its own writes', async () => {
        await insertAll('a')
        const seen = await store.transact(registry, async ({ repositories }) => [
          await repositories.remove(registry, 'a'),
          await repositories.get(registry, 'a'),
          await repositories.update(registry, 'a', (record) => record),
          await repositories.insert(registry, 'a', repository('a', 2)),
          await repositories.insert(registry, 'a', repository('a', 3)),
          await repositories.update(registry, 'a', (record) => ({ ...record, createdAt: record.createdAt + 10 })),
        ])
        expect(seen).toEqual([repository('a'), undefined, undefined, true, false, repository('a', 12)])
        expect(await store.repositories.get(registry, 'a')).toEqual(repository('a', 12))
      })
      it('Exactly one of the parallel inserts of a key within one transaction succeeds', async () => {
        const won = await store.transact(registry, ({ repositories }) =>
          Promise.all([1, 2, 3].map((at) => repositories.insert(registry, 'a', repository('a', at)))),
        )
        expect(won).toEqual([true, false, false])
      })
      it('A transaction sees a record unchanged each time it reads it', async () => {
        await insertAll('a')
        let interfere = true
        const seen = await store.transact(registry, async ({ repositories }) => {
          const first = await repositories.get(registry, 'a')
          if (interfere) await store.repositories.put(registry, 'a', repository('a', 5))
          interfere = false
          return [first?.createdAt, (await repositories.get(registry, 'a'))?.createdAt]
        })
        expect(seen).toEqual([0, 0])
      })
      it('A transaction runs again if a record it read has changed, disappeared or appeared', async () => {
        await insertAll('a', 'b')
        const runs = { a: 0, b: 0, c: 0 }
        const racing = (key: keyof typeof runs, interfere: () => Promise<unknown>) =>
          store.transact(registry, async ({ repositories, settings }) => {
            const record = await repositories.get(registry, key)
            if (++runs[key] === 1) await interfere()
            await settings.put(registry, key, String(record?.createdAt))
          })
        await racing('a', () => store.repositories.put(registry, 'a', repository('a', 1)))
        await racing('b', () => store.repositories.remove(registry, 'b'))
        await racing('c', () => store.repositories.insert(registry, 'c', repository('c', 3)))
        expect(runs).toEqual({ a: 2, b: 2, c: 2 })
        expect((await store.settings.list(registry, { limit: 9 })).items).toEqual(['1', 'undefined', '3'])
      })
      it('Racing inserts never exceed a quota that a list checks', async () => {
        const create = (at: number) =>
          (at % 2 ? store : other).transact(registry, async ({ repositories }) => {
            const { items } = await repositories.list(registry, { limit: 100 })
            return items.length < 10 && repositories.insert(registry, `r${at}`, repository(`r${at}`))
          })
        const created = await Promise.all(Array.from({ length: 20 }, (_, at) => create(at)))
        expect(created.filter(Boolean)).toHaveLength(10)
        expect((await namesOf({ limit: 100 })).names).toHaveLength(10)
      })
      it('A repository is never deleted under an image that is being put into it', async () => {
        for (let round = 0; round < 20; round++) {
          const name = `r${round}`
          const digest = `sha256:${'d'.repeat(64)}`
          await insertAll(name)
          const deleteIt = () =>
            deleteRepository(
              { store, blobs: memoryBlobStore(), pins: noPins, uploadMutex: keyedMutex() },
              registry,
              name,
              { force: false },
            )
          const put = { repository: name, digest, manifest, manifestSize: 1, tag: 'v1', now: 0 }
          const putIt = () => putImage(other, registry, put)
          const racers = round % 2 ? [deleteIt, putIt] : [putIt, deleteIt]
          const outcomes = await Promise.allSettled(racers.map((race) => race()))
          expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
          const isThere = (await store.repositories.get(registry, name)) !== undefined
          expect((await store.images.get(registry, keyOf(name, digest))) !== undefined).toBe(isThere)
          expect((await store.tags.get(registry, keyOf(name, 'v1'))) !== undefined).toBe(isThere)
        }
      })
      it('A transaction may neither list a collection it has written to nor read another registry', async () => {
        const listing = store.transact(registry, async ({ tags }) => {
          await tags.put(registry, 'a b', { repository: 'a', tag: 'b', digest: 'c' })
          await tags.list(registry, { limit: 1 })
        })
        await expect(listing).rejects.toThrow('List tags before writing to it')
        const straying = store.transact(registry, async ({ settings }) => settings.get(installation, 'a'))
        await expect(straying).rejects.toThrow('one registry')
      })
      it('A transaction that keeps losing races gives up with ServerException', async () => {
        const unlucky = storeOf({ ...keyValue, commit: async () => false }, 30)
        const losing = unlucky.transact(registry, ({ settings }) => settings.put(registry, 'a', 'x'))
        await expect(losing).rejects.toMatchObject({ code: 'ServerException' })
      })
    })
  })
}
