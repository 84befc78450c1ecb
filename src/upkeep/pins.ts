import { REMOVAL_MS } from '../registry/ports/blob-store.js'
import type { Clock } from '../registry/ports/clock.js'
import type { Pins } from '../registry/ports/pins.js'
import type { Store, Pin } from '../registry/ports/store.js'
import { installation } from '../registry/registry.js'
import { BATCH_SIZE, batchesOf } from '../coordination/event-loop.js'

/** What touching needs. */
export interface PinsDeps {
  readonly store: Store
  readonly clock: Clock
  readonly graceSeconds: number
  /** A sweep that takes longer to remove one blob's bytes died over it; specs are less patient. */
  readonly goingForMs?: number
}

/** Far longer than a removal takes, and than a request to an object store that was given up is on its way. */
const GOING_FOR_MS = 6 * REMOVAL_MS
const LOOK_EVERY_MS = 20

/** Touches as records: one per digest, written at most once in half a grace period however many rely on it. */
export function storedPins({ store, clock, graceSeconds, goingForMs = GOING_FOR_MS }: PinsDeps): Pins {
  const isFresh = (pin: Pin | undefined, now: number) =>
    pin !== undefined && !pin.isMarked && !pin.isGoing && now - pin.at < (graceSeconds * 1000) / 2

  /** Touches them all in one write; answers those whose bytes are going, which were left as they are. */
  const renew = (digests: readonly string[], at: number, evenGoing: boolean): Promise<string[]> =>
    store.transact(installation, async ({ pins }) => {
      const found = await Promise.all(digests.map((digest) => pins.get(installation, digest)))
      const isGoing = (index: number) => !evenGoing && found[index]?.isGoing === true
      const stale = digests.filter((_, index) => !isGoing(index) && !isFresh(found[index], at))
      await Promise.all(stale.map((digest) => pins.put(installation, digest, { digest, at })))
      return digests.filter((_, index) => isGoing(index))
    })

  async function staleOf(digests: readonly string[]): Promise<{ now: Date; stale: string[] }> {
    const found = digests.map((digest) => store.pins.get(installation, digest))
    const [now, pins] = await Promise.all([clock.now(), Promise.all(found)])
    return { now, stale: digests.filter((_, index) => !isFresh(pins[index], now.getTime())) }
  }

  async function pinAll(digests: readonly string[]): Promise<void> {
    const { now, stale: found } = await staleOf(digests)
    let stale = found
    const startedAt = performance.now()
    while (stale.length > 0) {
      stale = await renew(stale, now.getTime(), performance.now() - startedAt > goingForMs)
      if (stale.length > 0) await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS))
    }
  }

  return {
    isPinned: async (digest) => (await staleOf([digest])).stale.length === 0,
    async pin(digests) {
      const asked = typeof digests === 'string' ? [digests] : [...new Set(digests)]
      if (asked.length <= BATCH_SIZE) return pinAll(asked)
      for await (const slice of batchesOf(asked)) await pinAll(slice)
    },
  }
}
