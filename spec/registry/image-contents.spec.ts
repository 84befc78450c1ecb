import { describe, expect, it } from 'vitest'
import { memoryBlobStore } from '../../src/adapters/memory/blob-store.js'
import { memoryKeyValue } from '../../src/adapters/memory/key-value.js'
import { annotationsOf, boundedImage, contentsOf, recordedOf } from '../../src/registry/images/image-contents.js'
import { keepManifest } from '../../src/registry/images/store-manifest.js'
import { type Manifest, mediaTypes, parseManifest } from '../../src/registry/images/manifest.js'
import { keyOf } from '../../src/registry/ports/store.js'
import { storeOf } from '../../src/store/store.js'
import { installationWith, registry } from '../support/garbage.js'
import { sha256 } from '../support/push.js'

const repository = 'app'
const layers = (count: number) =>
  Array.from({ length: count }, (_, index) => ({
    digest: sha256(`layer ${index}`),
    size: 1,
    mediaType: 'application/vnd.oci.image.layer.v1.tar',
  }))
const config = { digest: sha256('{}'), size: 2, mediaType: 'application/vnd.oci.image.config.v1+json' }
const textOf = (more: object) =>
  JSON.stringify({ schemaVersion: 2, mediaType: mediaTypes.ociManifest, config, ...more })
const parsed = (text: string): Manifest => parseManifest(Buffer.from(text))
const subject = { digest: sha256('subject'), size: 1, mediaType: mediaTypes.ociManifest }

/** The record an earlier version made: everything its manifest says, in one. */
const oldRecord = (text: string) => ({
  ...{ repository, digest: sha256(text), ...parsed(text), manifestSize: text.length, imageSize: 1 },
  ...{ tags: ['latest'], pushedAt: 1 },
})

describe('the record of an image', () => {
  it('is of bounded size, whatever its manifest lists and says of itself', () => {
    const annotations = { long: 'x'.repeat(4_000_000) }
    for (const more of [
      { layers: layers(20_000) },
      { layers: Array.from({ length: 20_000 }, () => config) },
      { layers: [], annotations },
      { layers: [], annotations, subject },
    ])
      expect(JSON.stringify(recordedOf(parsed(textOf(more)))).length).toBeLessThan(10_000)
  })

  it('holds each layer once, and short annotations of one with a subject', () => {
    const annotations = { why: 'signed' }
    const { blobs, annotations: recorded } = recordedOf(
      parsed(textOf({ layers: [...layers(1), ...layers(1)], subject, annotations })),
    )
    expect(blobs?.map(({ digest }) => digest)).toEqual([config.digest, sha256('layer 0')])
    expect(recorded).toEqual(annotations)
    expect(recordedOf(parsed(textOf({ layers: [], annotations })))).not.toHaveProperty('annotations')
  })

  it('leaves to the manifest what it has no room for', async () => {
    const blobs = memoryBlobStore()
    const annotations = { long: 'x'.repeat(5000) }
    const text = textOf({ layers: layers(200), subject, annotations })
    await keepManifest(blobs, sha256(text), Buffer.from(text))
    const image = boundedImage(oldRecord(text))

    expect(image).not.toHaveProperty('blobs')
    expect((await contentsOf(image, blobs))?.blobs).toEqual([config, ...layers(200)])
    expect(await annotationsOf(image, blobs)).toEqual(annotations)
    await blobs.remove(image.digest, async () => true)
    expect(await contentsOf(image, blobs)).toBeUndefined()
  })
})

describe('a record that an earlier version made as large as its manifest', () => {
  const text = textOf({ layers: layers(2000), annotations: { long: 'x'.repeat(100_000) } })
  const key = keyOf(repository, sha256(text))

  async function withOldRecord() {
    const keyValue = memoryKeyValue()
    const here = installationWith({ keyValue })
    await here.createRepository(repository)
    await keepManifest(here.blobs, sha256(text), Buffer.from(text))
    await here.store.images.put(registry, key, oldRecord(text))
    const size = async () => (await keyValue.get({ registry, collection: 'images', key }))?.length ?? 0
    return { ...here, size }
  }

  it('is read as one of today, alone, in a list and in a transaction', async () => {
    const { store } = await withOldRecord()
    const { items } = await store.images.list(registry, { limit: 10 })
    const readings = [
      await store.images.get(registry, key),
      items[0],
      await store.transact(registry, ({ images }) => images.get(registry, key)),
    ]
    for (const image of readings) {
      expect(image).toMatchObject({ digest: sha256(text), tags: ['latest'], imageSize: 1 })
      expect(JSON.stringify(image).length).toBeLessThan(1000)
    }
  })

  it('is written as one of today with its next change, and by the sweep', async () => {
    const changed = await withOldRecord()
    await changed.store.images.update(registry, key, (image) => ({ ...image, lastPulledAt: 7 }))
    expect(await changed.size()).toBeLessThan(1000)

    const swept = await withOldRecord()
    expect(await swept.size()).toBeGreaterThan(300_000)
    await swept.sweep()
    expect(await swept.size()).toBeLessThan(1000)
  })
})

describe('a transaction', () => {
  it('that writes what is there already is no write', async () => {
    const keyValue = memoryKeyValue()
    let commits = 0
    const store = storeOf({ ...keyValue, commit: (...args) => (commits++, keyValue.commit(...args)) })
    await store.settings.put(registry, 'a', 'one')
    await store.settings.update(registry, 'a', (value) => value)
    expect(commits).toBe(1)
    await store.settings.update(registry, 'a', () => 'two')
    expect(commits).toBe(2)
  })
})
