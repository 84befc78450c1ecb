import { BatchDeleteImageCommand, GetDownloadUrlForLayerCommand } from '@aws-sdk/client-ecr'
import { describe, expect, it } from 'vitest'
import { DOWNLOAD_URL_LIFETIME_MS, readDownloadUrl } from '../../../src/access/download-url.js'
import { account, now, region, settings, startEmulator } from '../../support/emulator.js'
import { createRepository, pushImage, pushLayer, sha256 } from '../../support/push.js'

const repositoryName = 'team/app'
const get = (layerDigest: string) => new GetDownloadUrlForLayerCommand({ repositoryName, layerDigest })

describe('GetDownloadUrlForLayer', () => {
  it('answers a URL that opens this layer at the registry, for an hour', async () => {
    await using emulator = await startEmulator()
    await createRepository(emulator.ecr)
    await pushImage(emulator.ecr, repositoryName, { layer: 'a layer' })

    const { downloadUrl = '', layerDigest } = await emulator.ecr.send(get(sha256('a layer')))

    expect(layerDigest).toBe(sha256('a layer'))
    const url = new URL(downloadUrl)
    expect(url.origin).toBe('http://localhost:4510')
    const readAt = (time: number) => readDownloadUrl(url.searchParams, new Date(time), settings.secret)
    const grant = { registry: { account, region }, repository: repositoryName, digest: layerDigest }
    expect(readAt(now.getTime() + DOWNLOAD_URL_LIFETIME_MS - 1)).toEqual(grant)
    expect(readAt(now.getTime() + DOWNLOAD_URL_LIFETIME_MS)).toBeUndefined()
  })

  it('refuses a layer that belongs to no image: before one is pushed, and after it is deleted', async () => {
    await using emulator = await startEmulator()
    const { ecr } = emulator
    await createRepository(ecr)
    const { digest } = await pushLayer(ecr, repositoryName, 'a layer')
    const refused = {
      name: 'LayerInaccessibleException',
      message:
        'The specified layer is not available because it is not associated with an image. Unassociated image layers may be cleaned up at any time.',
    }
    await expect(ecr.send(get(digest))).rejects.toMatchObject(refused)

    const image = await pushImage(ecr, repositoryName, { layer: 'a layer' })
    await ecr.send(get(digest))
    const imageIds = [{ imageDigest: image.digest }]
    await ecr.send(new BatchDeleteImageCommand({ repositoryName, imageIds }))
    await expect(ecr.send(get(digest))).rejects.toMatchObject(refused)
  })

  it('refuses a layer the repository does not have, though another one does', async () => {
    await using emulator = await startEmulator()
    await createRepository(emulator.ecr)
    await createRepository(emulator.ecr, 'team/other')
    await pushImage(emulator.ecr, 'team/other', { layer: 'a layer' })
    await expect(emulator.ecr.send(get(sha256('a layer')))).rejects.toMatchObject({
      name: 'LayersNotFoundException',
      message: 'The specified layers could not be found, or the specified layer is not valid for this repository.',
    })
  })

  it('refuses a repository that is not there', async () => {
    await using emulator = await startEmulator()
    await expect(emulator.ecr.send(get(sha256('a layer')))).rejects.toMatchObject({
      name: 'RepositoryNotFoundException',
      message: `The repository with name 'team/app' does not exist in the registry with id '${account}'`,
    })
  })

  it('refuses what is no digest', async () => {
    await using emulator = await startEmulator()
    await expect(emulator.ecr.send(get('no digest'))).rejects.toMatchObject({ name: 'InvalidParameterException' })
  })
})
