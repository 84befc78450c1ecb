import { expect, it } from 'vitest'
import type { KeyValue } from '../../src/registry/ports/key-value.js'
import type { Store } from '../../src/registry/ports/store.js'
import type { Registry } from '../../src/registry/registry.js'

const registry: Registry = { account: '123456789012', region: 'eu-west-1' }

/** How a store lists large records. `other` is the same store as seen by another process. */
export function largePages(given: () => { keyValue: KeyValue; store: Store; other: Store }): void {
  it('A page of a list ends with the record that fills its byte limit and has at least one record', async () => {
    const { keyValue } = given()
    const values = ['x'.repeat(600), 'é'.repeat(200), 'x'.repeat(2000), 'x', 'x'].map((text) => JSON.stringify(text))
    const writes = values.map((value, at) => ({ collection: 'settings', key: `k${at}`, value }))
    await keyValue.commit(registry, [], writes)
    const keysOf = async (page: { bytes: number; after?: string }) =>
      (await keyValue.list(registry, 'settings', { limit: 10, ...page })).map(([key]) => key)

    expect(await keysOf({ bytes: 1 })).toEqual(['k0'])
    expect(await keysOf({ bytes: 602 })).toEqual(['k0'])
    expect(await keysOf({ bytes: 603 })).toEqual(['k0', 'k1'])
    expect(await keysOf({ bytes: 602 + 402 })).toEqual(['k0', 'k1'])
    expect(await keysOf({ bytes: 602 + 403 })).toEqual(['k0', 'k1', 'k2'])
    expect(await keysOf({ bytes: 603, after: 'k1' })).toEqual(['k2'])
    expect(await keysOf({ bytes: 1_000_000 })).toEqual(['k0', 'k1', 'k2', 'k3', 'k4'])
    const [entry] = await keyValue.list(registry, 'settings', { limit: 10, bytes: 1 })
    expect(entry).toEqual(['k0', values[0]])
  })
  it('A list shows every record once, however large the records are', async () => {
    const { store, other } = given()
    const large = 'x'.repeat(1_500_000)
    const keys = ['a', 'b', 'c', 'd', 'e', 'f', 'g']
    for (const key of keys) await store.settings.put(registry, key, key + large)
    const seen: string[] = []
    const pages: number[] = []
    for (let after: string | undefined; ;) {
      const { items, next } = await other.settings.list(registry, {
        limit: 1000,
        ...(after !== undefined && { after }),
      })
      seen.push(...items.map((item) => item.slice(0, 1)))
      pages.push(items.length)
      if (next === undefined) break
      after = next
    }
    expect(seen).toEqual(keys)
    expect(Math.max(...pages)).toBe(3)
  })
  it('A transaction depends on the records of a page cut short by its size, and on nothing after them', async () => {
    const { store, other } = given()
    const large = 'x'.repeat(3_000_000)
    for (const key of ['a', 'b', 'd']) await store.settings.put(registry, key, large)
    const runs = { c: 0, aa: 0 }
    const racing = (key: keyof typeof runs) =>
      store.transact(registry, async ({ settings, accountSettings }) => {
        const { items } = await settings.list(registry, { limit: 1000 })
        if (++runs[key] === 1) await other.settings.put(registry, key, 'new')
        await accountSettings.put(registry, 'count', String(items.length))
      })
    await racing('c')
    await racing('aa')
    expect(runs).toEqual({ c: 1, aa: 2 })
    expect(await store.accountSettings.get(registry, 'count')).toBe('3')
  })
}
