import { setTimeout } from 'node:timers/promises'
import type { Inventory } from '../registry/ports/blob-store.js'

/** How many blobs there are, and their bytes. */
export interface BlobTotals {
  readonly count: number
  readonly bytes: number
}

/** A count is used again for this many times as long as it took: counting costs a twentieth of one processor at most. */
const REST = 20
/** How long one who asks waits for a count, in milliseconds; after that the last count stands. */
const PATIENCE_MS = 1_000

/**
 * Counts the blobs when somebody asks, for the gauges of `/metrics`: a cache of a few thousand blobs is counted anew for
 * every scrape, and one of millions as often as that can be afforded. Undefined before a first count that takes longer
 * than a scrape waits.
 */
export function blobTotals(blobs: Pick<Inventory, 'list'>): () => Promise<BlobTotals | undefined> {
  let last: { readonly totals: BlobTotals; readonly goodUntil: number } | undefined
  let counting: Promise<BlobTotals | undefined> | undefined

  async function countAll(): Promise<BlobTotals | undefined> {
    const startedAt = performance.now()
    try {
      let [count, bytes] = [0, 0]
      for await (const { size } of blobs.list()) {
        count++
        bytes += size
      }
      const endedAt = performance.now()
      last = { totals: { count, bytes }, goodUntil: endedAt + REST * (endedAt - startedAt) }
    } catch {
      // Storage that does not answer is reported by /ready and the log; the scrape has all other metrics.
    } finally {
      counting = undefined
    }
    return last?.totals
  }

  return () => {
    if (last && performance.now() < last.goodUntil) return Promise.resolve(last.totals)
    counting ??= countAll()
    return Promise.race([counting, setTimeout(PATIENCE_MS, undefined, { ref: false }).then(() => last?.totals)])
  }
}
