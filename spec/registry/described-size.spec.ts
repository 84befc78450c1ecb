import { describe, expect, it } from 'vitest'
import { describedSize } from '../../src/registry/described-size.js'
import type { Image } from '../../src/registry/image.js'
import { mediaTypes } from '../../src/registry/manifest.js'
import { sha256 } from '../support/push.js'
import { now, registry, registryWith } from '../support/stocked-store.js'

const repository = 'team/app'
const digestOf = (level: number) => sha256(`level ${level}`)

function image(level: number, imageSize: number, listed: string[]): Image {
  const manifests = listed.map((digest) => ({ digest, size: 1, mediaType: mediaTypes.ociIndex }))
  const rest = { manifestSize: 1, blobs: [], tags: [], pushedAt: now.getTime() }
  return { repository, digest: digestOf(level), mediaType: mediaTypes.ociIndex, imageSize, manifests, ...rest }
}

describe('the size described', () => {
  it('looks at each image of nested indexes once, however often it is listed', async () => {
    const { store } = await registryWith(repository)
    const levels = 30
    await store.images.put(registry, `${repository} ${digestOf(0)}`, image(0, 4711, []))
    for (let level = 1; level <= levels; level++) {
      const listed = [digestOf(level - 1), digestOf(level - 1), sha256('not here')]
      await store.images.put(registry, `${repository} ${digestOf(level)}`, image(level, 0, listed))
    }
    let reads = 0
    const get: typeof store.images.get = (...of) => {
      if (++reads > 10 * levels) throw new Error('walks in circles')
      return store.images.get(...of)
    }
    const counted = { images: { ...store.images, get } }

    expect(await describedSize(counted, registry, image(levels, 0, [digestOf(levels - 1)]))).toBe(4711)
    expect(reads).toBe(levels + 1)
  })
})
