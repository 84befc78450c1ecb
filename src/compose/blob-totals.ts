import { setTimeout } from 'node:timers/promises'
import type { Inventory } from '../registry/ports/blob-store.js'

/** The number of blobs, and their size in bytes. */
export interface BlobTotals {
  readonly count: number
  readonly bytes: number
}

/**
 * A count is reused for this many times its own duration, so that counting uses at most a twentieth of one processor.
 */
const REUSE_FACTOR = 20
/** How long a scrape waits for a count, in milliseconds. After that it gets the last one. */
const WAIT_MS = 1_000

/**
 * Counts the blobs for the gauges of `/metrics`: a few thousand blobs are counted for every scrape, millions only as
 * often as the reuse of the last count allows. Undefined until the first count is complete, if that takes longer than a
 * scrape waits.
 */
export function blobTotals(blobs: Pick<Inventory, 'list'>): () => Promise<BlobTotals | undefined> {
  let last: { readonly totals: BlobTotals; readonly goodUntil: number } | undefined
  let counting: Promise<BlobTotals | undefined> | undefined

  async function countAll(): Promise<BlobTotals | undefined> {
    const startedAt = performance.now()
    try {
      let count = 0
      let bytes = 0
      for await (const { size } of blobs.list()) {
        count++
        bytes += size
      }
      const endedAt = performance.now()
      last = { totals: { count, bytes }, goodUntil: endedAt + REUSE_FACTOR * (endedAt - startedAt) }
    } catch {
      // Unavailable storage is reported by /ready and the log; the scrape still gets all other metrics.
    } finally {
      counting = undefined
    }
    return last?.totals
  }

  return () => {
    if (last && performance.now() < last.goodUntil) return Promise.resolve(last.totals)
    counting ??= countAll()
    return Promise.race([counting, setTimeout(WAIT_MS, undefined, { ref: false }).then(() => last?.totals)])
  }
}
