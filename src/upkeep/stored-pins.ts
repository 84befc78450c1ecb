import { setTimeout as sleep } from 'node:timers/promises'
import { REMOVAL_MS } from '../registry/ports/blob-store.js'
import type { Clock } from '../registry/ports/clock.js'
import type { Pin, Pins } from '../registry/ports/pins.js'
import type { Store } from '../registry/ports/store.js'
import { installation } from '../registry/registry.js'
import { BATCH_SIZE, batchesOf } from '../coordination/event-loop.js'

/** The dependencies of pinning. */
interface PinsDeps {
  readonly store: Store
  readonly clock: Clock
  readonly graceSeconds: number
  /** After this many milliseconds a sweep that is still removing a blob's bytes counts as dead; specs shorten it. */
  readonly removalTimeoutMs?: number
}

/** Far longer than a removal takes, or than an abandoned request to an object store stays in flight. */
const REMOVAL_TIMEOUT_MS = 6 * REMOVAL_MS

/** How often to poll a pin whose bytes are being removed. */
const POLL_MS = 20

/**
 * Pins as records: one for each digest, written at most once in half a grace period, however many callers pin it. The
 * states of a pin are drawn in `collection/sweep.ts`.
 */
export function storedPins({ store, clock, graceSeconds, removalTimeoutMs = REMOVAL_TIMEOUT_MS }: PinsDeps): Pins {
  const isFresh = (pin: Pin | undefined, now: number) =>
    pin !== undefined && !pin.isMarked && !pin.isGoing && now - pin.at < (graceSeconds * 1000) / 2

  /**
   * Pins the digests in one transaction. Returns those whose bytes are being removed, which it pins only if `force`.
   */
  const renew = (digests: readonly string[], at: number, force: boolean): Promise<string[]> =>
    store.transact(installation, async ({ pins }) => {
      const records = await Promise.all(digests.map(async (digest) => pins.get(installation, digest)))
      const isBeingRemoved = (index: number) => !force && records[index]?.isGoing === true
      const stale = digests.filter((_, index) => !isBeingRemoved(index) && !isFresh(records[index], at))
      await Promise.all(stale.map((digest) => pins.put(installation, digest, { digest, at })))
      return digests.filter((_, index) => isBeingRemoved(index))
    })

  /** Which of these digests need a new pin now. */
  async function findStale(digests: readonly string[]): Promise<{ now: Date; stale: string[] }> {
    const reads = digests.map(async (digest) => store.pins.get(installation, digest))
    const [now, pins] = await Promise.all([clock.now(), Promise.all(reads)])
    return { now, stale: digests.filter((_, index) => !isFresh(pins[index], now.getTime())) }
  }

  async function pinAll(digests: readonly string[]): Promise<void> {
    const { now, stale: initiallyStale } = await findStale(digests)
    let stale = initiallyStale
    const startedAt = performance.now()
    while (stale.length > 0) {
      stale = await renew(stale, now.getTime(), performance.now() - startedAt > removalTimeoutMs)
      if (stale.length > 0) await sleep(POLL_MS)
    }
  }

  return {
    isPinned: async (digest) => (await findStale([digest])).stale.length === 0,
    async pin(digests) {
      const distinct = typeof digests === 'string' ? [digests] : [...new Set(digests)]
      if (distinct.length <= BATCH_SIZE) return pinAll(distinct)
      for await (const batch of batchesOf(distinct)) await pinAll(batch)
    },
  }
}
