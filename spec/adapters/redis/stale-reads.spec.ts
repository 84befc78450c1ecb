import { describe, expect, it } from 'vitest'
import { idOf } from '../../../src/adapters/redis/batched-reads.js'
import { staleReads } from '../../../src/adapters/redis/stale-reads.js'
import { StoreUnavailable } from '../../../src/registry/ports/key-value.js'

describe('The last known values', () => {
  it('Old last known values are dropped as memory fills, even if long keys fill it', async () => {
    const stale = staleReads()
    const names = [...'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMN'].map((name) => name.repeat(1_000_000))
    for (const name of names) stale.valueOf(name, undefined, String)
    const away = new StoreUnavailable('away')
    const known = (name = '') => stale.staleIfError(async () => stale.orLastKnown(name, away))
    await expect(known(names.at(0))).rejects.toBe(away)
    await expect(known(names.at(-1))).resolves.toBeUndefined()
  })

  it('A record is decoded again only if its bytes have changed, or if they are not known because it was written', () => {
    const stale = staleReads()
    const registry = { account: '1', region: 'x' }
    const id = idOf({ registry, collection: 'tags', key: 'a' })
    const decoded: string[] = []
    const read = (bytes?: string) =>
      stale.valueOf(id, bytes === undefined ? undefined : Buffer.from(bytes), (encoded) => {
        decoded.push(String(encoded))
        return `decoded ${String(encoded)}`
      })
    const written = (value?: string) => stale.written(registry, [{ collection: 'tags', key: 'a', value }])
    expect([read('1'), read('1'), read('2')]).toEqual(['decoded 1', 'decoded 1', 'decoded 2'])
    expect([read(), read('2')]).toEqual([undefined, 'decoded 2'])
    expect(decoded).toEqual(['1', '2', '2'])
    written('3')
    expect([read('2'), read()]).toEqual(['decoded 2', undefined])
    written('3')
    expect(read()).toBeUndefined()
    written()
    expect([read(), read('4')]).toEqual([undefined, 'decoded 4'])
    expect(decoded).toEqual(['1', '2', '2', '2', '4'])
  })
})
