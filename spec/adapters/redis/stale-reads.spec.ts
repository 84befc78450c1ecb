import { describe, expect, it } from 'vitest'
import { staleReads } from '../../../src/adapters/redis/stale-reads.js'
import { StoreUnavailable } from '../../../src/registry/ports/key-value.js'

describe('The last known values', () => {
  it('Old last known values are dropped as memory fills, even if long keys fill it', async () => {
    const stale = staleReads()
    const names = [...'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMN'].map((name) => name.repeat(1_000_000))
    for (const name of names) stale.remember(name, undefined)
    const away = new StoreUnavailable('away')
    const known = (name = '') => stale.staleIfError(async () => stale.orLastKnown(name, away))
    await expect(known(names.at(0))).rejects.toBe(away)
    await expect(known(names.at(-1))).resolves.toBeUndefined()
  })
})
