import { describe, expect, it } from 'vitest'
import { storedPins } from '../../../src/upkeep/pins.js'
import { installation } from '../../../src/registry/registry.js'
import { installationWith } from '../../support/garbage.js'
import { sha256 } from '../../support/push.js'

const digest = sha256('a layer')

describe('a touch', () => {
  it('is written once in half a grace period, however many rely on the digest', async () => {
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

  it('takes the mark of a sweep off, also a young one', async () => {
    const { pins, store, clock } = installationWith()
    const at = (await clock.now()).getTime()
    await store.pins.put(installation, digest, { digest, at, isMarked: true })
    await pins.pin(digest)
    expect(await store.pins.get(installation, digest)).not.toHaveProperty('isMarked')
  })

  it('waits while the bytes are going', async () => {
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

  it('takes over from a sweep that died while the bytes were going', async () => {
    const { store, clock } = installationWith()
    const pins = storedPins({ store, clock, graceSeconds: 100, goingForMs: 100 })
    await store.pins.put(installation, digest, { digest, at: 0, isGoing: true })
    const begun = performance.now()
    await pins.pin(digest)
    expect(performance.now() - begun).toBeGreaterThan(100)
    expect(await store.pins.get(installation, digest)).not.toHaveProperty('isGoing')
  })
})
