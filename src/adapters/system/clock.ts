import type { Clock } from '../../registry/ports/clock.js'
import type { Store } from '../../registry/ports/store.js'
import { installation } from '../../registry/registry.js'

const offsetKey = 'clock-offset'

/** The machine's clock plus an offset (milliseconds, kept in the store so that every process agrees on the time). */
export function systemClock(store: Store): Clock {
  const shifted = (offset: string | undefined) => new Date(Date.now() + Number(offset ?? 0))
  return {
    now: async () => shifted(await store.settings.get(installation, offsetKey)),
    wall: () => new Date(),
    async advance(seconds) {
      const offset = await store.transact(installation, async ({ settings }) => {
        const advanced = String(Number((await settings.get(installation, offsetKey)) ?? 0) + seconds * 1000)
        await settings.put(installation, offsetKey, advanced)
        return advanced
      })
      return shifted(offset)
    },
  }
}
