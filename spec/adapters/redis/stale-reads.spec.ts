import { describe, expect, it } from 'vitest'
import { staleReads } from '../../../src/adapters/redis/stale-reads.js'
import { StoreUnavailable } from '../../../src/registry/ports/key-value.js'

describe('What is remembered for the time Redis is away', () => {
  it('is forgotten as it grows, by long keys too', async () => {
    let isAway = false
    const stale = staleReads()
    const read = stale.remembering(() =>
      isAway ? Promise.reject(new StoreUnavailable('away')) : Promise.resolve(undefined),
    )
    const get = stale.fallingBack(read)
    const place = (name: string) => ({
      registry: { account: '1', region: 'x' },
      collection: 'layers',
      key: name.repeat(1_000_000),
    })
    const names = [...'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMN']
    for (const name of names) await get(place(name))
    isAway = true
    const known = await stale.staleIfError(() => Promise.allSettled(names.map((name) => get(place(name)))))
    expect(known.at(0)?.status).toBe('rejected')
    expect(known.at(-1)?.status).toBe('fulfilled')
  })
})
