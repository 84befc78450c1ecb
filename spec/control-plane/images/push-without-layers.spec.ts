import {
  BatchCheckLayerAvailabilityCommand,
  BatchGetImageCommand,
  DescribeImagesCommand,
  GetDownloadUrlForLayerCommand,
  PutImageCommand,
} from '@aws-sdk/client-ecr'
import { describe, expect, it } from 'vitest'
import { mediaTypes } from '../../../src/registry/images/manifest.js'
import { checkInstallation } from '../../../src/upkeep/fsck/check-installation.js'
import { storeOf } from '../../../src/store/store-of.js'
import { memoryKeyValue } from '../../../src/adapters/memory/key-value.js'
import { account, startEmulator } from '../../support/emulator.js'
import { errorIn, startRegistry } from '../../support/registry.js'
import { createRepository, imageManifest, pushIndex, sha256 } from '../../support/push.js'
import { makeImage } from '../../support/upstream-content.js'

const images = { verifyLayers: false, restoreSeconds: 1_200 }
const repositoryName = 'team/app'
const blob = (content: string, size: number) => ({ digest: sha256(content), size })
/** The manifest of an image whose layers nobody has uploaded. */
const manifest = imageManifest(blob('config', 100), [blob('layer', 2_000), blob('another', 3_000)])

describe('pushes without layers (images.verifyLayers false)', () => {
  it('PutImage records a manifest whose layers were never uploaded, with the size that its descriptors say', async () => {
    await using emulator = await startEmulator({ images })
    await createRepository(emulator.ecr)
    await emulator.ecr.send(new PutImageCommand({ repositoryName, imageManifest: manifest, imageTag: 'v1' }))

    const { imageDetails } = await emulator.ecr.send(new DescribeImagesCommand({ repositoryName }))
    const imageDigest = sha256(manifest)
    expect(imageDetails).toMatchObject([{ imageDigest, imageTags: ['v1'], imageSizeInBytes: 5_100 }])
    const pull = new BatchGetImageCommand({ repositoryName, imageIds: [{ imageTag: 'v1' }] })
    expect((await emulator.ecr.send(pull)).images).toMatchObject([{ imageManifest: manifest }])
  })

  it('Layers that were never uploaded are UNAVAILABLE, and their download is refused with their digest', async () => {
    await using emulator = await startEmulator({ images })
    await createRepository(emulator.ecr)
    await emulator.ecr.send(new PutImageCommand({ repositoryName, imageManifest: manifest }))
    const layerDigest = sha256('layer')

    const check = new BatchCheckLayerAvailabilityCommand({ repositoryName, layerDigests: [layerDigest] })
    expect((await emulator.ecr.send(check)).layers).toMatchObject([{ layerAvailability: 'UNAVAILABLE' }])
    const download = new GetDownloadUrlForLayerCommand({ repositoryName, layerDigest })
    await expect(emulator.ecr.send(download)).rejects.toMatchObject({
      name: 'LayersNotFoundException',
      message: `The layer with digest '${layerDigest}' does not exist within the repository with name 'team/app' in the registry with id '${account}'`,
    })
  })

  it('An index still needs the images that it lists', async () => {
    await using emulator = await startEmulator({ images })
    await createRepository(emulator.ecr)
    const absent = [{ digest: sha256('absent'), manifest: 'absent' }]
    await expect(pushIndex(emulator.ecr, repositoryName, absent)).rejects.toMatchObject({
      name: 'ReferencedImagesNotFoundException',
    })
  })

  it('A push to the registry needs no layers either, and a pull of one says that it does not exist', async () => {
    await using running = await startRegistry({ images })
    await running.createRepository('app')
    const { image } = makeImage({})
    expect((await running.putManifest('app', image, 'v1')).status).toBe(201)

    const pulled = await running.send('GET', '/v2/app/manifests/v1')
    expect(pulled.body.equals(image.bytes)).toBe(true)
    const [layer = ''] = image.layers
    const missing = await running.send('GET', `/v2/app/blobs/${layer}`)
    expect(missing.status).toBe(404)
    expect(errorIn(missing)).toEqual({
      code: 'BLOB_UNKNOWN',
      message: `The layer with digest '${layer}' does not exist within the repository with name 'app' in the registry with id '123456789012'`,
    })
  })

  it('By default a push without its layers is refused on both planes', async () => {
    await using emulator = await startEmulator()
    await createRepository(emulator.ecr)
    const push = new PutImageCommand({ repositoryName, imageManifest: manifest })
    await expect(emulator.ecr.send(push)).rejects.toMatchObject({ name: 'LayersNotFoundException' })

    await using running = await startRegistry()
    await running.createRepository('app')
    const answer = await running.putManifest('app', makeImage({}).image, 'v1')
    expect([answer.status, errorIn(answer).code]).toEqual([404, 'BLOB_UPLOAD_UNKNOWN'])
  })

  it('fsck finds nothing wrong with such an image, and restores it from its note if the store is lost', async () => {
    await using emulator = await startEmulator({ images })
    await createRepository(emulator.ecr)
    await emulator.ecr.send(new PutImageCommand({ repositoryName, imageManifest: manifest, imageTag: 'v1' }))
    const { findings } = await checkInstallation(emulator.deps, { repair: true })
    expect(findings.lines().filter((line) => line.startsWith('layer'))).toEqual([])

    const lost = { ...emulator.deps, store: storeOf(memoryKeyValue()) }
    await checkInstallation(lost, { repair: true })
    const { items } = await lost.store.images.list({ account, region: 'us-east-1' }, { limit: 10 })
    const facts = { digest: sha256(manifest), tags: ['v1'], mediaType: mediaTypes.ociManifest, imageSize: 5_100 }
    expect(items).toMatchObject([facts])
  })
})
