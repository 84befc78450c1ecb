import { costlyResult } from '../coordination/costly-result.js'
import type { Inventory } from '../registry/ports/blob-store.js'
import type { Amount } from '../upkeep/installation-totals.js'

/** How long a scrape waits for a count, in milliseconds. After that it gets the last one. */
const WAIT_MS = 1_000

/**
 * Counts the blobs for the gauges of `/metrics`: a few thousand blobs are counted for every scrape, millions only as
 * often as the reuse of the last count allows. Undefined until the first count is complete, if that takes longer than a
 * scrape waits.
 */
export const blobTotals = (blobs: Pick<Inventory, 'list'>): (() => Promise<Amount | undefined>) =>
  costlyResult(async () => {
    let count = 0
    let bytes = 0
    for await (const { size } of blobs.list()) {
      count++
      bytes += size
    }
    return { count, bytes }
  }, WAIT_MS)
