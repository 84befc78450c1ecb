import { describe, expect, it } from 'vitest'
import { touchesOn } from '../../../src/upkeep/pins.js'
import { installation } from '../../../src/registry/registry.js'
import { installationWith } from '../../support/garbage.js'
import { sha256 } from '../../support/push.js'

const digest = sha256('a layer')

describe('a touch', () => {
  it('is written once in half a grace period, however many rely on the digest', async () => {
    const { touches, store, clock } = installationWith({ grace: 100 })
    await touches.touch([digest, digest, sha256('another')])
    const first = await store.touches.get(installation, digest)
    await clock.advance(40)
    await touches.touch(digest)
    expect(await store.touches.get(installation, digest)).toEqual(first)
    await clock.advance(20)
    await touches.touch(digest)
    expect((await store.touches.get(installation, digest))!.at).toBeGreaterThan(first!.at)
  })

  it('takes the mark of a sweep off, also a young one', async () => {
    const { touches, store, clock } = installationWith()
    const at = (await clock.now()).getTime()
    await store.touches.put(installation, digest, { digest, at, isMarked: true })
    await touches.touch(digest)
    expect(await store.touches.get(installation, digest)).not.toHaveProperty('isMarked')
  })

  it('waits while the bytes are going', async () => {
    const { touches, store } = installationWith()
    await store.touches.put(installation, digest, { digest, at: 0, isGoing: true })
    let isTouched = false
    const touching = touches.touch(digest).then(() => (isTouched = true))
    await touches.touch(sha256('another'))
    expect(isTouched).toBe(false)
    await store.touches.remove(installation, digest)
    await touching
    expect(await store.touches.get(installation, digest)).toMatchObject({ digest })
  })

  it('takes over from a sweep that died while the bytes were going', async () => {
    const { store, clock } = installationWith()
    const touches = touchesOn({ store, clock, graceSeconds: 100, goingForMs: 100 })
    await store.touches.put(installation, digest, { digest, at: 0, isGoing: true })
    const begun = performance.now()
    await touches.touch(digest)
    expect(performance.now() - begun).toBeGreaterThan(100)
    expect(await store.touches.get(installation, digest)).not.toHaveProperty('isGoing')
  })
})
