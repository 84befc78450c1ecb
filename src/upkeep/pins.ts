import { setTimeout as sleep } from 'node:timers/promises'
import { REMOVAL_MS } from '../registry/ports/blob-store.js'
import type { Clock } from '../registry/ports/clock.js'
import type { Pins } from '../registry/ports/pins.js'
import type { Store, Pin } from '../registry/ports/store.js'
import { installation } from '../registry/registry.js'
import { BATCH_SIZE, batchesOf } from '../coordination/event-loop.js'

/** What pinning needs. */
export interface PinsDeps {
  readonly store: Store
  readonly clock: Clock
  readonly graceSeconds: number
  /** After this many milliseconds a sweep that is still removing a blob's bytes counts as dead; specs shorten it. */
  readonly goingForMs?: number
}

/** Far longer than a removal takes, or than an abandoned request to an object store stays in flight. */
const GOING_FOR_MS = 6 * REMOVAL_MS
const LOOK_EVERY_MS = 20

/** Pins as records: one for each digest, written at most once in half a grace period, however many callers rely on it. */
export function storedPins({ store, clock, graceSeconds, goingForMs = GOING_FOR_MS }: PinsDeps): Pins {
  const isFresh = (pin: Pin | undefined, now: number) =>
    pin !== undefined && !pin.isMarked && !pin.isGoing && now - pin.at < (graceSeconds * 1000) / 2

  /** Pins them all in one write. Returns those whose bytes a sweep is removing: they are left alone, unless `evenGoing`. */
  const renew = (digests: readonly string[], at: number, evenGoing: boolean): Promise<string[]> =>
    store.transact(installation, async ({ pins }) => {
      const records = await Promise.all(digests.map((digest) => pins.get(installation, digest)))
      const isGoing = (index: number) => !evenGoing && records[index]?.isGoing === true
      const stale = digests.filter((_, index) => !isGoing(index) && !isFresh(records[index], at))
      await Promise.all(stale.map((digest) => pins.put(installation, digest, { digest, at })))
      return digests.filter((_, index) => isGoing(index))
    })

  async function staleOf(digests: readonly string[]): Promise<{ now: Date; stale: string[] }> {
    const reads = digests.map((digest) => store.pins.get(installation, digest))
    const [now, pins] = await Promise.all([clock.now(), Promise.all(reads)])
    return { now, stale: digests.filter((_, index) => !isFresh(pins[index], now.getTime())) }
  }

  async function pinAll(digests: readonly string[]): Promise<void> {
    const unpinned = await staleOf(digests)
    const { now } = unpinned
    let { stale } = unpinned
    const startedAt = performance.now()
    while (stale.length > 0) {
      stale = await renew(stale, now.getTime(), performance.now() - startedAt > goingForMs)
      if (stale.length > 0) await sleep(LOOK_EVERY_MS)
    }
  }

  return {
    isPinned: async (digest) => (await staleOf([digest])).stale.length === 0,
    async pin(digests) {
      const distinct = typeof digests === 'string' ? [digests] : [...new Set(digests)]
      if (distinct.length <= BATCH_SIZE) return pinAll(distinct)
      for await (const batch of batchesOf(distinct)) await pinAll(batch)
    },
  }
}
