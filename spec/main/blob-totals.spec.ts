import { describe, expect, it } from 'vitest'
import { blobTotals } from '../../src/compose/blob-totals.js'

const blob = (size: number) => ({ digest: `sha256:${size}`, size })

describe('blob totals for /metrics', () => {
  it('The blob totals count the blobs that exist when they are requested', async () => {
    const blobs = [blob(10)]
    const totals = blobTotals({
      list: async function* () {
        yield* blobs
      },
    })
    expect(await totals()).toEqual({ count: 1, bytes: 10 })
  })

  it('Concurrent requests for the blob totals share one count', async () => {
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

  it('The blob totals are absent if the first count takes longer than a scrape may', async () => {
    const totals = blobTotals({
      // eslint-disable-next-line require-yield -- a listing that never reaches its first blob
      async *list() {
        await new Promise(() => {})
      },
    })
    expect(await totals()).toBeUndefined()
  })

  it('The blob totals are absent if the storage does not answer', async () => {
    const totals = blobTotals({
      // eslint-disable-next-line require-yield -- a listing that fails at once
      async *list() {
        throw new Error('unavailable')
      },
    })
    expect(await totals()).toBeUndefined()
  })
})
