import { describe, expect, it } from 'vitest'
import { memoryBlobStore } from '../../src/adapters/memory/blob-store.js'
import { memoryKeyValue } from '../../src/adapters/memory/key-value.js'
import {
  imageAnnotations,
  boundedImage,
  imageContents,
  boundedFields,
} from '../../src/registry/images/image-contents.js'
import { storeManifest } from '../../src/registry/images/store-manifest.js'
import { type Manifest, mediaTypes, parseManifest } from '../../src/registry/images/manifest.js'
import { keyOf } from '../../src/registry/ports/store.js'
import { storeOf } from '../../src/store/store-of.js'
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

/** A record as an earlier version wrote it: with everything that its manifest says. */
const oldRecord = (text: string) => ({
  ...{ repository, digest: sha256(text), ...parsed(text), manifestSize: text.length, imageSize: 1 },
  ...{ tags: ['latest'], pushedAt: 1 },
})

describe('image record', () => {
  it('An image record has a bounded size, whatever its manifest lists and annotates', () => {
    const annotations = { long: 'x'.repeat(4_000_000) }
    for (const more of [
      { layers: layers(20_000) },
      { layers: Array.from({ length: 20_000 }, () => config) },
      { layers: [], annotations },
      { layers: [], annotations, subject },
    ])
      expect(JSON.stringify(boundedFields(parsed(textOf(more)))).length).toBeLessThan(10_000)
  })

  it('An image record lists each blob once and keeps short annotations only for an image with a subject', () => {
    const annotations = { why: 'signed' }
    const { blobs, annotations: recorded } = boundedFields(
      parsed(textOf({ layers: [...layers(1), ...layers(1)], subject, annotations })),
    )
    expect(blobs?.map(({ digest }) => digest)).toEqual([config.digest, sha256('layer 0')])
    expect(recorded).toEqual(annotations)
    expect(boundedFields(parsed(textOf({ layers: [], annotations })))).not.toHaveProperty('annotations')
  })

  it('Contents that do not fit in an image record are read from the manifest', async () => {
    const blobs = memoryBlobStore()
    const annotations = { long: 'x'.repeat(5000) }
    const text = textOf({ layers: layers(200), subject, annotations })
    await storeManifest(blobs, sha256(text), Buffer.from(text))
    const image = boundedImage(oldRecord(text))

    expect(image).not.toHaveProperty('blobs')
    expect((await imageContents(image, blobs))?.blobs).toEqual([config, ...layers(200)])
    expect(await imageAnnotations(image, blobs)).toEqual(annotations)
    await blobs.remove(image.digest, async () => true)
    expect(await imageContents(image, blobs)).toBeUndefined()
  })
})

describe('oversized image record of an earlier version', () => {
  const text = textOf({ layers: layers(2000), annotations: { long: 'x'.repeat(100_000) } })
  const key = keyOf(repository, sha256(text))

  async function withOldRecord() {
    const keyValue = memoryKeyValue()
    const here = installationWith({ keyValue })
    await here.createRepository(repository)
    await storeManifest(here.blobs, sha256(text), Buffer.from(text))
    await here.store.images.put(registry, key, oldRecord(text))
    const size = async () => (await keyValue.get({ registry, collection: 'images', key }))?.length ?? 0
    return { ...here, size }
  }

  it('An oversized image record is read in its bounded form: singly, in a list and in a transaction', async () => {
    const { store } = await withOldRecord()
    const { items } = await store.images.list(registry, { limit: 10 })
    const readings = [
      await store.images.get(registry, key),
      items[0],
      await store.transact(registry, async ({ images }) => images.get(registry, key)),
    ]
    for (const image of readings) {
      expect(image).toMatchObject({ digest: sha256(text), tags: ['latest'], imageSize: 1 })
      expect(JSON.stringify(image).length).toBeLessThan(1000)
    }
  })

  it('An oversized image record is rewritten in its bounded form by its next update and by the sweep', async () => {
    const changed = await withOldRecord()
    await changed.store.images.update(registry, key, (image) => ({ ...image, lastPulledAt: 7 }))
    expect(await changed.size()).toBeLessThan(1000)

    const swept = await withOldRecord()
    expect(await swept.size()).toBeGreaterThan(300_000)
    await swept.sweep()
    expect(await swept.size()).toBeLessThan(1000)
  })
})

describe('store transaction', () => {
  it('A transaction that writes an unchanged value commits nothing', async () => {
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
