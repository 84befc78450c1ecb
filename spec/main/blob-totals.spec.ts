import { describe, expect, it } from 'vitest'
import { blobTotals } from '../../src/compose/blob-totals.js'

const blob = (size: number) => ({ digest: `sha256:${size}`, size })

describe('the totals of the blobs for /metrics', () => {
  it('count the blobs there are when they are asked for', async () => {
    const blobs = [blob(10)]
    const totals = blobTotals({
      list: async function* () {
        yield* blobs
      },
    })
    expect(await totals()).toEqual({ count: 1, bytes: 10 })
  })

  it('share one count among those who ask while it runs', async () => {
    let counts = 0
    const totals = blobTotals({
      async *list() {
        counts++
        yield blob(1)
      },
    })
    await Promise.all([totals(), totals()])
    expect(counts).toBe(1)
  })

  it('are absent rather than waited for where a first count takes longer than a scrape may', async () => {
    const totals = blobTotals({
      // eslint-disable-next-line require-yield -- a listing that never comes to its first blob
      async *list() {
        await new Promise(() => {})
      },
    })
    expect(await totals()).toBeUndefined()
  })

  it('stay absent where the storage does not answer', async () => {
    const totals = blobTotals({
      // eslint-disable-next-line require-yield -- a listing that fails at once
      async *list() {
        throw new Error('unavailable')
      },
    })
    expect(await totals()).toBeUndefined()
  })
})
