import { describe, expect, it } from 'vitest'
import { sweeper } from '../../src/upkeep/collection/sweeper.js'
import { installation } from '../../src/registry/registry.js'
import { installationWith } from '../support/garbage.js'

/** An installation that counts its sweeps. */
function counted() {
  const counts = { sweeps: 0 }
  const here = installationWith({ deadAfterMs: 400 })
  const list = () => (counts.sweeps++, here.blobs.list())
  return { ...here, blobs: { ...here.blobs, list }, counts }
}

describe('background sweeper', () => {
  it('The background sweeper sweeps once per interval, however many processes there are', async () => {
    const here = counted()
    const sweepers = [10, 150, 300].map((firstAfterMs) => sweeper({ ...here, intervalSeconds: 2 }, { firstAfterMs }))
    await expect.poll(() => here.counts.sweeps).toBe(1)
    await new Promise((resolve) => setTimeout(resolve, 500))
    for (const each of sweepers) await each.stop()
    expect(here.counts.sweeps).toBe(1)
  })

  it('The background sweeper of another process sweeps after the interval when the first one has stopped', async () => {
    const here = counted()
    const [first, second] = [10, 150].map((firstAfterMs) =>
      sweeper({ ...here, intervalSeconds: 0.4 }, { firstAfterMs }),
    )
    await expect.poll(() => here.counts.sweeps).toBe(1)
    await first!.stop()
    await expect.poll(() => here.counts.sweeps).toBe(2)
    await second!.stop()
  })

  it('The background sweeper does not wait an interval after a process died during a sweep', async () => {
    const here = counted()
    await here.store.leases.put(installation, 'sweep', { name: 'sweep', fence: 1, owner: 'dead', beat: 7 })
    const living = sweeper({ ...here, intervalSeconds: 3600 }, { firstAfterMs: 10, retryMs: 100 })
    await expect.poll(() => here.counts.sweeps, { timeout: 60_000 }).toBe(1)
    await living.stop()
  })
})
