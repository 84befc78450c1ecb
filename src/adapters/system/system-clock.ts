import { type Clock, CLOCK_OFFSET } from '../../registry/ports/clock.js'
import type { Store } from '../../registry/ports/store.js'
import { installation } from '../../registry/registry.js'

/** The machine's own time, for parts without access to the store. */
export const wall = (): Date => new Date()

/**
 * The machine's clock plus an offset in milliseconds, which is in the store so that all processes agree on the time.
 */
export function systemClock(store: Store): Clock {
  const withOffset = (offset: string | undefined) => new Date(Date.now() + Number(offset ?? 0))
  return {
    now: async () => withOffset(await store.settings.get(installation, CLOCK_OFFSET)),
    wall,
    async advance(seconds) {
      const offset = await store.transact(installation, async ({ settings }) => {
        const newOffset = String(Number((await settings.get(installation, CLOCK_OFFSET)) ?? 0) + seconds * 1000)
        await settings.put(installation, CLOCK_OFFSET, newOffset)
        return newOffset
      })
      return withOffset(offset)
    },
  }
}
