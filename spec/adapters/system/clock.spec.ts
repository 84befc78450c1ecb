import { describe, expect, it } from 'vitest'
import { memoryKeyValue } from '../../../src/adapters/memory/key-value.js'
import { systemClock } from '../../../src/adapters/system/system-clock.js'
import { storeOf } from '../../../src/store/store-of.js'

const hour = 3600

describe('The system clock', () => {
  it('The clock shows the time of the machine until it is advanced', async () => {
    const clock = systemClock(storeOf(memoryKeyValue()))
    const before = clock.wall().getTime()
    const now = (await clock.now()).getTime()
    expect(now).toBeGreaterThanOrEqual(before)
    expect(now).toBeLessThanOrEqual(clock.wall().getTime())
  })
  it('The clock is advanced for every process that shares the store, and advances add up', async () => {
    const store = storeOf(memoryKeyValue())
    const [one, other] = [systemClock(store), systemClock(store)]
    const advanced = await Promise.all([one.advance(24 * hour), other.advance(1.5)])
    const ahead = (await other.now()).getTime() - other.wall().getTime()
    expect(Math.abs(ahead - (24 * hour + 1.5) * 1000)).toBeLessThan(1000)
    expect(Math.max(...advanced.map(Number))).toBeLessThanOrEqual((await one.now()).getTime())
  })
  it('Advancing the clock does not change the wall clock time', async () => {
    const clock = systemClock(storeOf(memoryKeyValue()))
    await clock.advance(24 * hour)
    expect(Math.abs(clock.wall().getTime() - Date.now())).toBeLessThan(1000)
  })
})
