import { BatchGetImageCommand, PutImageCommand, PutImageTagMutabilityCommand } from '@aws-sdk/client-ecr'
import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { mediaTypes } from '../../../src/registry/images/manifest.js'
import { account, region, startEmulator } from '../../support/emulator.js'
import { createRepository, imageManifest, pushImage, pushIndex, pushLayer, sha256 } from '../../support/push.js'

const repositoryName = 'team/app'
const put = (manifest: string, rest: Partial<PutImageCommand['input']> = {}) =>
  new PutImageCommand({ repositoryName, imageManifest: manifest, ...rest })

async function repositoryWithLayers() {
  const emulator = await startEmulator()
  await createRepository(emulator.ecr)
  const config = await pushLayer(emulator.ecr, repositoryName, '{}')
  const layer = await pushLayer(emulator.ecr, repositoryName, 'a layer')
  return {
    ecr: emulator.ecr,
    manifest: imageManifest(config, [layer]),
    [Symbol.asyncDispose]: () => emulator[Symbol.asyncDispose](),
  }
}

describe('PutImage', () => {
  it('PutImage returns the image and stores its manifest byte for byte', async () => {
    await using emulator = await repositoryWithLayers()
    const manifest = `  ${emulator.manifest}\n`

    const { image } = await emulator.ecr.send(put(manifest, { imageTag: 'v1' }))

    expect(image).toEqual({
      registryId: account,
      repositoryName,
      imageId: { imageDigest: sha256(manifest), imageTag: 'v1' },
      imageManifest: manifest,
      imageManifestMediaType: mediaTypes.ociManifest,
    })
    const got = await emulator.ecr.send(new BatchGetImageCommand({ repositoryName, imageIds: [{ imageTag: 'v1' }] }))
    expect(got.images).toEqual([image])
  })

  it('PutImage moves a tag to another image and leaves the old image untagged', async () => {
    await using emulator = await startEmulator()
    await createRepository(emulator.ecr)
    const old = await pushImage(emulator.ecr, repositoryName, { imageTag: 'v1', layer: 'old' })
    const fresh = await pushImage(emulator.ecr, repositoryName, { imageTag: 'v1', layer: 'fresh' })

    const ids = [{ imageTag: 'v1' }, { imageDigest: old.digest }]
    const { images } = await emulator.ecr.send(new BatchGetImageCommand({ repositoryName, imageIds: ids }))

    expect(images?.map(({ imageId }) => imageId)).toEqual([
      { imageDigest: fresh.digest, imageTag: 'v1' },
      { imageDigest: old.digest },
    ])
  })

  it('PutImage refuses the same image with the same tag and accepts it with another tag', async () => {
    await using emulator = await repositoryWithLayers()
    const { ecr, manifest } = emulator
    await ecr.send(put(manifest, { imageTag: 'v1' }))

    await expect(ecr.send(put(manifest, { imageTag: 'v1' }))).rejects.toMatchObject({
      name: 'ImageAlreadyExistsException',
      message: `Image with digest '${sha256(manifest)}' and tag 'v1' already exists in the repository with name 'team/app' in registry with id '${account}'`,
    })
    await expect(ecr.send(put(manifest))).rejects.toMatchObject({
      message: `Image with digest '${sha256(manifest)}' and tag 'null' already exists in the repository with name 'team/app' in registry with id '${account}'`,
    })
    await expect(ecr.send(put(manifest, { imageTag: 'v2' }))).resolves.toMatchObject({ image: { repositoryName } })
  })

  it('PutImage refuses an immutable tag that exists and accepts a new one', async () => {
    await using emulator = await repositoryWithLayers()
    const { ecr, manifest } = emulator
    await ecr.send(put(manifest, { imageTag: 'v1' }))
    await ecr.send(new PutImageTagMutabilityCommand({ repositoryName, imageTagMutability: 'IMMUTABLE' }))

    const refused = {
      name: 'ImageTagAlreadyExistsException',
      message:
        "The image tag 'v1' already exists in the 'team/app' repository and cannot be overwritten because the tag is immutable.",
    }
    await expect(ecr.send(put(`${manifest} `, { imageTag: 'v1' }))).rejects.toMatchObject(refused)
    await expect(ecr.send(put(manifest, { imageTag: 'v1' }))).rejects.toMatchObject(refused)
    await expect(ecr.send(put(manifest, { imageTag: 'v2' }))).resolves.toBeDefined()
  })

  it('PutImage checks the given digest, which may also be a sha512 digest', async () => {
    await using emulator = await repositoryWithLayers()
    const { ecr, manifest } = emulator
    const wrong = `sha256:${'0'.repeat(64)}`
    await expect(ecr.send(put(manifest, { imageDigest: wrong }))).rejects.toMatchObject({
      name: 'ImageDigestDoesNotMatchException',
      message: `The image with digest '${wrong}' in repository 'team/app' and registry ID '${account}' does not match the image digest that Amazon ECR has calculated.`,
    })

    const imageDigest = `sha512:${createHash('sha512').update(manifest).digest('hex')}`
    const { image } = await ecr.send(put(manifest, { imageDigest }))
    expect(image?.imageId).toEqual({ imageDigest })
  })

  it('PutImage names every layer that is missing in the repository', async () => {
    await using emulator = await repositoryWithLayers()
    const [config, layer] = ['no config', 'no layer'].map((text) => ({ digest: sha256(text), size: text.length }))
    await expect(emulator.ecr.send(put(imageManifest(config!, [layer!])))).rejects.toMatchObject({
      name: 'LayersNotFoundException',
      message: `Layers with digests '[${config!.digest}, ${layer!.digest}]' required for pushing image into repository with name 'team/app' in the registry with id '${account}' do not exist`,
    })
  })

  it('PutImage does not accept a layer that is still being pulled through', async () => {
    await using emulator = await startEmulator()
    await createRepository(emulator.ecr)
    const config = await pushLayer(emulator.ecr, repositoryName, '{}')
    const layer = { digest: sha256('on its way'), size: 10 }
    const record = { repository: repositoryName, ...layer, pulledThrough: true }
    await emulator.deps.store.layers.put({ account, region }, `${repositoryName} ${layer.digest}`, record)

    await expect(emulator.ecr.send(put(imageManifest(config, [layer])))).rejects.toMatchObject({
      name: 'LayersNotFoundException',
      message: expect.stringContaining(`'[${layer.digest}]'`),
    })
  })

  it('PutImage names every image of an index that is missing in the repository', async () => {
    await using emulator = await repositoryWithLayers()
    const members = ['one', 'two'].map((manifest) => ({ digest: sha256(manifest), manifest }))
    await expect(pushIndex(emulator.ecr, repositoryName, members)).rejects.toMatchObject({
      name: 'ReferencedImagesNotFoundException',
      message: `Images with digests '[${members.map(({ digest }) => digest).join(', ')}]' required for pushing image into repository with name 'team/app' in the registry with id '${account}' do not exist`,
    })
  })

  it('PutImage takes the media type from the call when the manifest has none', async () => {
    await using emulator = await repositoryWithLayers()
    const bare = JSON.stringify({ ...JSON.parse(emulator.manifest), mediaType: undefined })

    await expect(emulator.ecr.send(put(bare))).rejects.toMatchObject({ name: 'InvalidParameterException' })
    const { image } = await emulator.ecr.send(put(bare, { imageManifestMediaType: mediaTypes.ociManifest }))
    expect(image?.imageManifestMediaType).toBe(mediaTypes.ociManifest)
  })

  it.each(['no JSON', '[]', '{}', '{"schemaVersion":1,"name":"x"}'])(
    'PutImage refuses a text that is not a manifest: %s',
    async (text) => {
      await using emulator = await repositoryWithLayers()
      await expect(emulator.ecr.send(put(text))).rejects.toMatchObject({
        name: 'InvalidParameterException',
        message: "Invalid parameter at 'ImageManifest' failed to satisfy constraint: 'Invalid JSON syntax'",
      })
    },
  )

  it.each(['a b', 'a/b', 'a:b', 'ä'])('PutImage refuses the tag %j', async (imageTag) => {
    await using emulator = await repositoryWithLayers()
    await expect(emulator.ecr.send(put(emulator.manifest, { imageTag }))).rejects.toMatchObject({
      name: 'InvalidParameterException',
      message:
        "Invalid parameter at 'imageTag' failed to satisfy constraint: 'must satisfy regular expression '[a-zA-Z0-9-_.]+''",
    })
  })

  it('PutImage refuses a repository that does not exist before it reads the manifest', async () => {
    await using emulator = await startEmulator()
    await expect(emulator.ecr.send(put('no JSON'))).rejects.toMatchObject({
      name: 'RepositoryNotFoundException',
      message: `The repository with name 'team/app' does not exist in the registry with id '${account}'`,
    })
  })

  it('PutImage refuses a call without a manifest', async () => {
    await using emulator = await repositoryWithLayers()
    const without = new PutImageCommand({ repositoryName, imageManifest: undefined })
    await expect(emulator.ecr.send(without)).rejects.toMatchObject({
      message: "Invalid parameter at 'imageManifest' failed to satisfy constraint: 'Member must not be null'",
    })
  })
})
