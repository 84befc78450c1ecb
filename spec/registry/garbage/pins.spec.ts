import { describe, expect, it } from 'vitest'
import { storedPins } from '../../../src/upkeep/pins.js'
import { installation } from '../../../src/registry/registry.js'
import { installationWith } from '../../support/garbage.js'
import { sha256 } from '../../support/push.js'

const digest = sha256('a layer')

describe('pin', () => {
  it('A pin is written once in half a grace period, however often its digest is pinned', async () => {
    const { pins, store, clock } = installationWith({ grace: 100 })
    await pins.pin([digest, digest, sha256('another')])
    const first = await store.pins.get(installation, digest)
    await clock.advance(40)
    await pins.pin(digest)
    expect(await store.pins.get(installation, digest)).toEqual(first)
    await clock.advance(20)
    await pins.pin(digest)
    expect((await store.pins.get(installation, digest))!.at).toBeGreaterThan(first!.at)
  })

  it('Pinning a digest clears its deletion mark, even when the pin is recent', async () => {
    const { pins, store, clock } = installationWith()
    const at = (await clock.now()).getTime()
    await store.pins.put(installation, digest, { digest, at, isMarked: true })
    await pins.pin(digest)
    expect(await store.pins.get(installation, digest)).not.toHaveProperty('isMarked')
  })

  it('Pinning a digest waits while its bytes are being removed', async () => {
    const { pins, store } = installationWith()
    await store.pins.put(installation, digest, { digest, at: 0, isGoing: true })
    let isTouched = false
    const touching = pins.pin(digest).then(() => (isTouched = true))
    await pins.pin(sha256('another'))
    expect(isTouched).toBe(false)
    await store.pins.remove(installation, digest)
    await touching
    expect(await store.pins.get(installation, digest)).toMatchObject({ digest })
  })

  it('Pinning a digest takes over from a sweep that died while removing its bytes', async () => {
    const { store, clock } = installationWith()
    const pins = storedPins({ store, clock, graceSeconds: 100, goingForMs: 100 })
    await store.pins.put(installation, digest, { digest, at: 0, isGoing: true })
    const begun = performance.now()
    await pins.pin(digest)
    expect(performance.now() - begun).toBeGreaterThan(100)
    expect(await store.pins.get(installation, digest)).not.toHaveProperty('isGoing')
  })
})
