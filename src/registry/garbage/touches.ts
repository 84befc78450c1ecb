import { REMOVAL_MS } from '../ports/blob-store.js'
import type { Clock } from '../ports/clock.js'
import type { Store, Touch } from '../ports/store.js'
import { installation } from '../registry.js'
import { SLICE, slicesOf } from '../slices.js'

/**
 * Tells the sweep that somebody relies on what has these digests. Whoever does touches first and then looks: either the
 * sweep sees the touch and lets be, or the look shows that it is gone.
 */
export interface Touches {
  /**
   * Resolves when the sweep leaves these digests alone for half a grace period or more; waits where it is removing bytes at this
   * moment.
   */
  touch(digests: string | readonly string[]): Promise<void>
}

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
