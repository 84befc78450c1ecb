import { BatchDeleteImageCommand, GetDownloadUrlForLayerCommand } from '@aws-sdk/client-ecr'
import { describe, expect, it } from 'vitest'
import { DOWNLOAD_URL_LIFETIME_MS, readDownloadUrl } from '../../../src/access/download-url.js'
import { sweep } from '../../../src/upkeep/collection/sweep.js'
import { leasesOn } from '../../../src/coordination/leases/leases.js'
import { noMetrics } from '../../../src/registry/ports/metrics.js'
import { keyOf } from '../../../src/registry/ports/store.js'
import { account, graceSeconds, now, region, settings, startEmulator } from '../../support/emulator.js'
import { createRepository, pushImage, pushLayer, sha256 } from '../../support/push.js'

const repositoryName = 'team/app'
const get = (layerDigest: string) => new GetDownloadUrlForLayerCommand({ repositoryName, layerDigest })

const refused = {
  name: 'LayerInaccessibleException',
  message:
    'The specified layer is not available because it is not associated with an image. Unassociated image layers may be cleaned up at any time.',
}

describe('GetDownloadUrlForLayer', () => {
  it('GetDownloadUrlForLayer returns a URL that opens this layer at the registry for an hour', async () => {
    await using emulator = await startEmulator()
    await createRepository(emulator.ecr)
    await pushImage(emulator.ecr, repositoryName, { layer: 'a layer' })

    const { downloadUrl = '', layerDigest } = await emulator.ecr.send(get(sha256('a layer')))

    expect(layerDigest).toBe(sha256('a layer'))
    const url = new URL(downloadUrl)
    expect(url.origin).toBe('http://localhost:4510')
    const readAt = (time: number) =>
      readDownloadUrl(url.searchParams, { now: new Date(time), wall: new Date(time) }, settings.secret)
    const grant = { registry: { account, region }, repository: repositoryName, digest: layerDigest }
    expect(readAt(now.getTime() + DOWNLOAD_URL_LIFETIME_MS - 1)).toEqual(grant)
    expect(readAt(now.getTime() + DOWNLOAD_URL_LIFETIME_MS)).toBeUndefined()
  })

  it('GetDownloadUrlForLayer refuses a layer until it belongs to an image', async () => {
    await using emulator = await startEmulator()
    const { ecr } = emulator
    await createRepository(ecr)
    const { digest } = await pushLayer(ecr, repositoryName, 'a layer')
    await expect(ecr.send(get(digest))).rejects.toMatchObject(refused)
    await pushImage(ecr, repositoryName, { layer: 'a layer' })
    await ecr.send(get(digest))
  })

  it('GetDownloadUrlForLayer answers for the layer of a deleted image until the layer is swept', async () => {
    await using emulator = await startEmulator()
    const { ecr, deps } = emulator
    await createRepository(ecr)
    const image = await pushImage(ecr, repositoryName, { layer: 'a layer' })
    const { digest } = await pushLayer(ecr, repositoryName, 'another layer')
    const layer = get(sha256('a layer'))
    await ecr.send(layer)
    await ecr.send(new BatchDeleteImageCommand({ repositoryName, imageIds: [{ imageDigest: image.digest }] }))
    await ecr.send(layer)
    await deps.clock.advance(graceSeconds + 1)
    await sweep({ ...deps, leases: leasesOn(deps), metrics: noMetrics, graceSeconds })
    for (const gone of [layer, get(digest)])
      await expect(ecr.send(gone)).rejects.toMatchObject({ name: 'LayersNotFoundException' })
  })

  it('GetDownloadUrlForLayer answers for a layer whose image the first version recorded by reference', async () => {
    await using emulator = await startEmulator()
    const { ecr, deps } = emulator
    await createRepository(ecr)
    const { digest: to } = await pushLayer(ecr, repositoryName, 'a layer')
    const from = sha256('an image')
    const reference = { repository: repositoryName, kind: 'layer', to, from } as const
    await deps.store.references.put({ account, region }, keyOf(repositoryName, to, 'layer', from), reference)
    await ecr.send(get(to))
  })

  it('GetDownloadUrlForLayer refuses a layer that only another repository has', async () => {
    await using emulator = await startEmulator()
    await createRepository(emulator.ecr)
    await createRepository(emulator.ecr, 'team/other')
    await pushImage(emulator.ecr, 'team/other', { layer: 'a layer' })
    await expect(emulator.ecr.send(get(sha256('a layer')))).rejects.toMatchObject({
      name: 'LayersNotFoundException',
      message: `The layer with digest '${sha256('a layer')}' does not exist within the repository with name 'team/app' in the registry with id '${account}'`,
    })
  })

  it('GetDownloadUrlForLayer refuses a repository that does not exist', async () => {
    await using emulator = await startEmulator()
    await expect(emulator.ecr.send(get(sha256('a layer')))).rejects.toMatchObject({
      name: 'RepositoryNotFoundException',
      message: `The repository with name 'team/app' does not exist in the registry with id '${account}'`,
    })
  })

  it('GetDownloadUrlForLayer refuses a text that is not a digest', async () => {
    await using emulator = await startEmulator()
    await expect(emulator.ecr.send(get('no digest'))).rejects.toMatchObject({ name: 'InvalidParameterException' })
  })
})
