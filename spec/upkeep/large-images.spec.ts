import { describe, expect, it } from 'vitest'
import { deleteImage } from '../../src/registry/images/image-deletion.js'
import { isImageFailure } from '../../src/registry/images/find-image.js'
import { checkInstallation } from '../../src/upkeep/fsck/check-installation.js'
import { storeManifest } from '../../src/registry/images/store-manifest.js'
import { listAll } from '../../src/registry/list-records.js'
import { mediaTypes, parseManifest } from '../../src/registry/images/manifest.js'
import { keyOf } from '../../src/registry/ports/store.js'
import { recordImage } from '../../src/registry/images/image-push.js'
import { putImage } from '../../src/registry/images/image-registration.js'
import { byRequest } from '../support/stocked-store.js'
import { all, installationWith, registry } from '../support/garbage.js'
import { imageManifest, sha256 } from '../support/push.js'

const repository = 'app'
const contents = (count: number) => Array.from({ length: count }, (_, index) => `layer ${index}`)

/** An index of `count` images as a rule pulled it through; none of the images has arrived. */
function indexOf(count: number) {
  const manifests = contents(count).map((content) => ({
    ...{ digest: sha256(content), size: 1, mediaType: mediaTypes.ociManifest },
  }))
  return JSON.stringify({ schemaVersion: 2, mediaType: mediaTypes.ociIndex, manifests })
}

async function withIndex(count: number) {
  const here = installationWith()
  await here.createRepository(repository)
  const bytes = Buffer.from(indexOf(count))
  const digest = sha256(bytes.toString())
  await storeManifest(here.blobs, digest, bytes)
  const image = { repository, digest, manifest: parseManifest(bytes), manifestSize: bytes.length, now: Date.now() }
  const put = () => recordImage(here, registry, { ...image, pulledThrough: true }, bytes)
  await put()
  const references = async () => (await listAll(here.store.references, registry)).length
  return { ...here, digest, put, references }
}

describe('image with more layers than its record holds', () => {
  const layers = contents(200)

  it('An image with more layers than its record holds keeps its layers and their bytes from the sweep', async () => {
    const here = installationWith()
    await here.createRepository(repository)
    await here.push(repository, layers, 'latest')
    await here.upload(repository, 'nothing needs this')
    await here.later()

    const swept = await here.sweep()

    expect(swept).toMatchObject({ layer: { count: 1 }, blob: { count: 1 } })
    expect(await here.layer(repository, 'layer 199')).toBeDefined()
    expect(await here.isKept('layer 199')).toBe(true)
  })

  it('An image whose manifest cannot be read keeps every layer of its repository from the sweep', async () => {
    const here = installationWith()
    await here.createRepository(repository)
    const digest = await here.push(repository, layers)
    await here.bytes.quarantine(digest)
    await here.later()

    await here.sweep()

    expect(await here.layer(repository, 'layer 199')).toBeDefined()
    expect(await here.isKept('layer 199')).toBe(true)
  })

  it('A deleted image with more layers than its record holds leaves its layers to the sweep', async () => {
    const here = installationWith()
    await here.createRepository(repository)
    const imageDigest = await here.push(repository, layers)
    await here.later()
    await deleteImage(here, registry, repository, { imageDigest }, byRequest)
    await here.sweep()
    expect(await here.isKept('layer 199')).toBe(true)
    await here.later()
    await here.sweep()
    expect(await all(here.bytes.list())).toEqual([])
  })

  it('fsck records the missing layers of an image with more layers than its record holds', async () => {
    const here = installationWith()
    await here.createRepository(repository)
    await here.push(repository, layers)
    await here.store.layers.remove(registry, keyOf(repository, sha256('layer 150')))

    const { findings } = await checkInstallation(here, { repair: true })

    expect(findings).toMatchObject({ count: 1, repairedCount: 1 })
    expect(await here.layer(repository, 'layer 150')).toMatchObject({ isInImage: true })
  })
})

describe('pulled-through index of thousands of images', () => {
  it('A pulled-through index is referenced from each of its images, and its deletion leaves no reference', async () => {
    const here = await withIndex(3000)
    expect(await here.references()).toBe(3000)

    await deleteImage(here, registry, repository, { imageDigest: here.digest }, byRequest)

    expect(await here.references()).toBe(0)
  })

  it('A removed index does not block the deletion of its images, whatever references remain', async () => {
    const here = await withIndex(2)
    const member = sha256('layer 0')
    const text = imageManifest({ digest: sha256('{}'), size: 2 }, [])
    const manifest = parseManifest(Buffer.from(text))
    const image = {
      repository,
      digest: member,
      manifest,
      manifestSize: text.length,
      now: 0,
      pulledThrough: true,
    } as const
    await putImage(here.store, registry, image)
    const deleteMember = () => deleteImage(here, registry, repository, { imageDigest: member }, byRequest)

    expect(await deleteMember()).toMatchObject({ failureCode: 'ImageReferencedByManifestList' })
    await here.store.images.remove(registry, keyOf(repository, here.digest))
    expect(isImageFailure(await deleteMember())).toBe(false)
  })

  it('A pulled-through index is described with the size of the largest image that has arrived', async () => {
    const here = await withIndex(3000)
    const text = imageManifest({ digest: sha256('{}'), size: 4711 }, [])
    const manifest = parseManifest(Buffer.from(text))
    const image = { repository, digest: sha256('layer 2999'), manifest, manifestSize: text.length, now: 0 }
    await putImage(here.store, registry, { ...image, pulledThrough: true })

    const index = await here.store.images.get(registry, keyOf(repository, here.digest))

    expect(index?.wholeSize).toBe(4711)
  })
})
