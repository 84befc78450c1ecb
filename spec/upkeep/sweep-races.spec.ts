import { describe, expect, it } from 'vitest'
import { memoryKeyValue } from '../../src/adapters/memory/key-value.js'
import { deleteImage } from '../../src/registry/images/image-deletion.js'
import { appendPart, beginUpload } from '../../src/registry/layers/layer-upload.js'
import { completeUpload } from '../../src/registry/layers/upload-completion.js'
import { layerWithBytes } from '../../src/registry/layers/layer-with-bytes.js'
import type { KeyValue } from '../../src/registry/ports/key-value.js'
import { keyOf } from '../../src/registry/ports/store.js'
import { storeOf } from '../../src/store/store-of.js'
import { byRequest } from '../support/stocked-store.js'
import { graceSeconds, installationWith, registry } from '../support/garbage.js'
import { sha256 } from '../support/push.js'

type Here = Awaited<ReturnType<typeof stocked>>

/** An installation with a layer and an image manifest that are no longer needed. */
async function stocked() {
  const keyValue = memoryKeyValue()
  const here = { ...installationWith({ keyValue }), keyValue }
  await here.createRepository('app')
  await here.createRepository('other')
  for (const content of ['{}', 'a layer']) await here.upload('app', content)
  const gone = await here.push('other', ['a layer'])
  await deleteImage(here, registry, 'other', { imageDigest: gone }, byRequest)
  await here.later()
  return here
}

/** In milliseconds, long enough for all work that does not wait for the sweep itself. */
const PATIENCE_MS = 50

/**
 * Runs `work` before the given step of a sweep, which continues if `work` waits for it; false if the sweep has fewer
 * steps.
 */
async function sweepWith(here: Here, step: number, isAhead: boolean, work: () => Promise<void>): Promise<boolean> {
  let steps = 0
  let working: Promise<void> | undefined
  const before = async () => {
    if (++steps !== step) return
    working = work()
    await Promise.race([working, new Promise((resolve) => setTimeout(resolve, PATIENCE_MS))])
  }
  const stepping: KeyValue = {
    ...here.keyValue,
    get: (place) => before().then(() => here.keyValue.get(place)),
    list: (...asked) => before().then(() => here.keyValue.list(...asked)),
    commit: (...asked) => before().then(() => here.keyValue.commit(...asked)),
  }
  const bytes = { ...here.blobs, remove: (digest: string) => before().then(() => here.blobs.remove(digest)) }
  const now = async () => new Date((await here.clock.now()).getTime() + (isAhead ? 2 * graceSeconds * 1000 : 0))
  await here.sweep({}, { store: storeOf(stepping), blobs: bytes, clock: { ...here.clock, now } })
  await working
  return steps >= step
}

/** Runs `work` at every step of a sweep, each time in a new installation, and returns the number of runs. */
async function atEveryStep(isAhead: boolean, work: (here: Here) => Promise<() => Promise<void>>): Promise<number> {
  for (let step = 1; ; step++) {
    const here = await stocked()
    let check: () => Promise<void> = () => Promise.resolve()
    const happened = await sweepWith(here, step, isAhead, async () => {
      check = await work(here)
    })
    if (!happened) return step
    await check()
    // The result must hold after another sweep, too.
    await here.sweep()
    await check()
  }
}

const clocks = [
  { clock: 'the same clock', isAhead: false },
  { clock: 'a clock hours ahead', isAhead: true },
]

describe.each(clocks)('work during a sweep by $clock', ({ isAhead }) => {
  it('An image put at any step of a sweep keeps its layers and its manifest', async () => {
    let puts = 0
    const steps = await atEveryStep(isAhead, async (here) => {
      const digest = await here.put('app', ['a layer'], 'v1').catch((error: Error) => error.message)
      // A refusal is a valid answer, too: the client then uploads the layers again.
      if (digest.startsWith('Layers')) return () => Promise.resolve()
      puts++
      return async () => {
        expect(await here.store.images.get(registry, keyOf('app', digest))).toMatchObject({ tags: ['v1'] })
        expect(await here.bytes.size(digest)).toBeDefined()
        for (const content of ['{}', 'a layer']) {
          expect(await here.layer('app', content)).toMatchObject({ isInImage: true })
          expect(await here.isKept(content)).toBe(true)
        }
      }
    })
    expect(steps).toBeGreaterThan(30)
    expect(puts).toBeGreaterThan(10)
  })

  it('A layer uploaded again at any step of a sweep keeps its bytes', async () => {
    await atEveryStep(isAhead, async (here) => {
      await here.upload('app', 'a layer')
      return async () => {
        const layer = await here.layer('app', 'a layer')
        // By a clock hours ahead the layer may be past its grace period, but a layer on record must have its bytes.
        if (!isAhead) expect(layer).toBeDefined()
        if (layer) expect(await here.isKept('a layer')).toBe(true)
      }
    })
  })

  it('An image pushed with all its layers at any step of a sweep is complete', async () => {
    await atEveryStep(isAhead, async (here) => {
      const push = () => here.push('other', ['a layer'], 'v1')
      const digest = await push().catch(push)
      return async () => {
        expect(await here.bytes.size(digest)).toBeDefined()
        for (const content of ['{}', 'a layer']) {
          expect(await here.layer('other', content)).toBeDefined()
          expect(await here.isKept(content)).toBe(true)
        }
      }
    })
  })
})

describe('look-up during a sweep', () => {
  it('A layer that is reported as present at any step of a sweep stays', async () => {
    let [yes, no] = [0, 0]
    await atEveryStep(false, async (here) => {
      const layer = await layerWithBytes(here, registry, 'app', sha256('a layer'))
      if (layer) yes++
      else no++
      return async () => {
        if (!layer) return
        expect(await here.layer('app', 'a layer')).toBeDefined()
        expect(await here.isKept('a layer')).toBe(true)
      }
    })
    expect(Math.min(yes, no)).toBeGreaterThan(5)
  })
})

describe('clock that jumps ahead', () => {
  const id = '00000000-0000-4000-8000-000000000001'

  it('An upload whose bytes are swept before they are recorded fails and can be repeated', async () => {
    const here = await stocked()
    const session = { registry, repository: 'app', id }
    await beginUpload(here, session, await here.clock.now())
    await appendPart(here, session, { bytes: [Buffer.from('new')] })
    const leaping = {
      ...here.blobs,
      session: async (which: string) => {
        const writer = await here.blobs.session(which)
        const commit = async (digest: string) => {
          await writer.commit(digest)
          await here.bytes.remove(digest)
        }
        return { ...writer, size: writer.size, name: undefined, commit }
      },
    }
    const completing = completeUpload({ ...here, blobs: leaping }, session, sha256('new'))
    await expect(completing).rejects.toMatchObject({ code: 'ServerException' })
    expect(await layerWithBytes(here, registry, 'app', sha256('new'))).toBeUndefined()
    await here.upload('app', 'new')
    expect(await layerWithBytes(here, registry, 'app', sha256('new'))).toMatchObject({ size: 3 })
  })
})
