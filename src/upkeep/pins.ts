import { REMOVAL_MS } from '../registry/ports/blob-store.js'
import type { Clock } from '../registry/ports/clock.js'
import type { Touches } from '../registry/ports/pins.js'
import type { Store, Touch } from '../registry/ports/store.js'
import { installation } from '../registry/registry.js'
import { SLICE, slicesOf } from '../coordination/event-loop.js'

/** What touching needs. */
export interface TouchesDeps {
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
export function touchesOn({ store, clock, graceSeconds, goingForMs = GOING_FOR_MS }: TouchesDeps): Touches {
  const isFresh = (touch: Touch | undefined, now: number) =>
    touch !== undefined && !touch.isMarked && !touch.isGoing && now - touch.at < (graceSeconds * 1000) / 2

  /** Touches them all in one write; answers those whose bytes are going, which were left as they are. */
  const renew = (digests: readonly string[], at: number, evenGoing: boolean): Promise<string[]> =>
    store.transact(installation, async ({ touches }) => {
      const found = await Promise.all(digests.map((digest) => touches.get(installation, digest)))
      const isGoing = (index: number) => !evenGoing && found[index]?.isGoing === true
      const stale = digests.filter((_, index) => !isGoing(index) && !isFresh(found[index], at))
      await Promise.all(stale.map((digest) => touches.put(installation, digest, { digest, at })))
      return digests.filter((_, index) => isGoing(index))
    })

  async function touchAll(digests: readonly string[]): Promise<void> {
    const found = digests.map((digest) => store.touches.get(installation, digest))
    const [now, touches] = await Promise.all([clock.now(), Promise.all(found)])
    let stale = digests.filter((_, index) => !isFresh(touches[index], now.getTime()))
    const startedAt = performance.now()
    while (stale.length > 0) {
      stale = await renew(stale, now.getTime(), performance.now() - startedAt > goingForMs)
      if (stale.length > 0) await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS))
    }
  }

  return {
    async touch(digests) {
      const asked = typeof digests === 'string' ? [digests] : [...new Set(digests)]
      if (asked.length <= SLICE) return touchAll(asked)
      for await (const slice of slicesOf(asked)) await touchAll(slice)
    },
  }
}
