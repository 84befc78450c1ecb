import { describe, expect, it } from 'vitest'
import { keepManifest } from '../../src/registry/images/store-manifest.js'
import { confirmed } from '../../src/registry/layers/layer-with-bytes.js'
import { parseManifest } from '../../src/registry/images/manifest.js'
import { keyOf } from '../../src/registry/ports/store.js'
import { pushImage, recordImage } from '../../src/registry/images/image-push.js'
import { putImage } from '../../src/registry/images/image-registration.js'
import { imageManifest, sha256 } from '../support/push.js'
import { now, registry, registryWith } from '../support/stocked-store.js'

const repository = 'ecr-public/nginx'
const blob = (content: string) => ({ digest: sha256(content), size: content.length })
const image = (rest = {}) => {
  const text = imageManifest(blob('{}'), [blob('a layer')], rest)
  const manifest = parseManifest(Buffer.from(text))
  const facts = { repository, digest: sha256(text), manifest, manifestSize: text.length, now: now.getTime() }
  return { ...facts, bytes: Buffer.from(text) }
}

describe('pushed image', () => {
  it('A push needs every layer in its repository: a layer still being pulled through does not count', async () => {
    const storage = await registryWith(repository)
    await putImage(storage.store, registry, { ...image(), pulledThrough: true })
    const pushed = image({ annotations: { of: 'another' } })
    for (const content of ['{}', 'a layer']) await keepManifest(storage.blobs, sha256(content), Buffer.from(content))
    const confirm = (content: string) =>
      storage.store.layers.update(registry, keyOf(repository, sha256(content)), confirmed)

    await confirm('{}')
    await expect(pushImage(storage, registry, pushed, pushed.bytes)).rejects.toMatchObject({
      code: 'LayersNotFoundException',
      message: expect.stringContaining(`'[${sha256('a layer')}]'`),
    })

    await confirm('a layer')
    await expect(pushImage(storage, registry, pushed, pushed.bytes)).resolves.toMatchObject({ changed: true })
  })
  it('Recording an image stores its manifest again if the manifest was removed before', async () => {
    const storage = await registryWith(repository)
    const { bytes, ...pulled } = image()
    await recordImage(storage, registry, { ...pulled, pulledThrough: true }, bytes)
    expect(await storage.blobs.read(pulled.digest)).toEqual(bytes)
  })
})
