import { describe, expect, it } from 'vitest'
import { memoryBlobStore } from '../../src/adapters/memory/blob-store.js'
import { describedSize } from '../../src/registry/images/image-size.js'
import type { Image } from '../../src/registry/images/image.js'
import { mediaTypes } from '../../src/registry/images/manifest.js'
import type { Store } from '../../src/registry/ports/store.js'
import { type NewImage, putImage } from '../../src/registry/images/image-registration.js'
import { sha256 } from '../support/push.js'
import { now, registry, registryWith } from '../support/stocked-store.js'

const repository = 'team/app'
const blobs = memoryBlobStore()
const digestOf = (level: number) => sha256(`level ${level}`)

function image(level: number, imageSize: number, listed: string[]): Image {
  const manifests = listed.map((digest) => ({ digest, size: 1, mediaType: mediaTypes.ociIndex }))
  const rest = { manifestSize: 1, blobs: [], tags: [], pushedAt: now.getTime() }
  return { repository, digest: digestOf(level), mediaType: mediaTypes.ociIndex, imageSize, manifests, ...rest }
}

describe('image size', () => {
  it('The size of nested indexes is computed by reading each image once, however often it is listed', async () => {
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
    const counted = { store: { images: { ...store.images, get } }, blobs }

    expect(await describedSize(counted, registry, image(levels, 0, [digestOf(levels - 1)]))).toBe(4711)
    expect(reads).toBe(levels + 1)
  })

  describe('size of an index', () => {
    const members = [image(1, 300, []), image(2, 500, [])]
    const index = image(
      3,
      0,
      members.map(({ digest }) => digest),
    )
    const putOf = ({ digest, manifests = [], imageSize }: Image, pulledThrough?: true): NewImage => {
      const layers = [{ digest: sha256('layer'), size: imageSize, mediaType: 'application/vnd.oci.image.layer.v1.tar' }]
      const manifest = { mediaType: mediaTypes.ociManifest, manifests, blobs: manifests.length > 0 ? [] : layers }
      return {
        repository,
        digest,
        manifest,
        manifestSize: 1,
        now: now.getTime(),
        ...(pulledThrough && { pulledThrough }),
      }
    }
    /** The size of the index, computed from its record alone: reading another image fails. */
    const fromRecord = async (store: Store) => {
      const record = await store.images.get(registry, `${repository} ${index.digest}`)
      const get = () => Promise.reject(new Error('reads another image'))
      if (!record) throw new Error('there is no index')
      return describedSize({ store: { images: { ...store.images, get } }, blobs }, registry, record)
    }

    it('The size of a pushed index is that of its largest image and is read from its record alone', async () => {
      const { store } = await registryWith(repository)
      await store.layers.put(registry, `${repository} ${sha256('layer')}`, {
        repository,
        digest: sha256('layer'),
        size: 1,
      })
      for (const pushed of [...members, index]) await putImage(store, registry, putOf(pushed))

      expect(await fromRecord(store)).toBe(500)
    })

    it('The size of a pulled-through index is updated in its record as its images arrive', async () => {
      const { store } = await registryWith(repository)
      const [first, last] = members
      await putImage(store, registry, putOf(index, true))
      if (first) await putImage(store, registry, putOf(first, true))
      expect(await fromRecord(store)).toBe(300)

      if (last) await putImage(store, registry, putOf(last, true))

      expect(await fromRecord(store)).toBe(500)
    })
  })
})
