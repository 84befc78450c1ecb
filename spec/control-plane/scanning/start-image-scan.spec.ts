import {
  BatchDeleteImageCommand,
  DescribeImageScanFindingsCommand,
  type ECRClient,
  PutImageCommand,
  PutRegistryScanningConfigurationCommand,
  StartImageScanCommand,
} from '@aws-sdk/client-ecr'
import { describe, expect, it } from 'vitest'
import { defaultQuotas } from '../../../src/registry/quotas.js'
import { changeStorageClass } from '../../../src/registry/images/storage-class-change.js'
import { account, now, region, startEmulator } from '../../support/emulator.js'
import { createRepository, imageManifest, pushImage, pushIndex, pushLayer } from '../../support/push.js'
import { runScans, scanningRule } from '../../support/scanning.js'

const registry = { account, region }
const DAY = 86_400

const start = (ecr: ECRClient, imageId: object = { imageTag: 'v1' }, repositoryName = 'app') =>
  ecr.send(new StartImageScanCommand({ repositoryName, imageId }))

const statusOf = async (ecr: ECRClient) => {
  const command = new DescribeImageScanFindingsCommand({ repositoryName: 'app', imageId: { imageTag: 'v1' } })
  return (await ecr.send(command)).imageScanStatus
}

async function emulatorWithImage(options: Parameters<typeof startEmulator>[0] = {}) {
  const emulator = await startEmulator(options)
  await createRepository(emulator.ecr, 'app')
  return { ...emulator, image: await pushImage(emulator.ecr, 'app', { imageTag: 'v1' }) }
}

describe('StartImageScan', () => {
  it('A scan is in progress, and complete a moment later', async () => {
    await using emulator = await emulatorWithImage()
    const { ecr, image } = emulator

    const { $metadata, ...answer } = await start(ecr)
    expect($metadata.httpStatusCode).toBe(200)
    expect(answer).toEqual({
      registryId: account,
      repositoryName: 'app',
      imageId: { imageDigest: image.digest, imageTag: 'v1' },
      imageScanStatus: { status: 'IN_PROGRESS' },
    })
    expect(await statusOf(ecr)).toEqual({ status: 'IN_PROGRESS' })
    await runScans(emulator)
    expect(await statusOf(ecr)).toEqual({ status: 'COMPLETE', description: 'The scan was completed successfully.' })
  })

  it('An image named by its digest is answered without a tag', async () => {
    await using emulator = await emulatorWithImage()
    const { imageId } = await start(emulator.ecr, { imageDigest: emulator.image.digest })
    expect(imageId).toEqual({ imageDigest: emulator.image.digest })
  })

  it('A second scan within 24 hours of the emulator’s clock is refused, and one after them is not', async () => {
    await using emulator = await emulatorWithImage()
    const { ecr, deps } = emulator
    await start(ecr)
    await runScans(emulator)
    await deps.clock.advance(DAY - 1)

    await expect(start(ecr)).rejects.toMatchObject({
      name: 'LimitExceededException',
      message: 'The scan quota per image has been exceeded. Wait and try again.',
    })
    await deps.clock.advance(1)
    expect((await start(ecr)).imageScanStatus).toEqual({ status: 'IN_PROGRESS' })
  })

  it('The scan on push counts towards the quota of the image', async () => {
    await using emulator = await emulatorWithImage()
    const rules = [scanningRule('SCAN_ON_PUSH', '*')]
    await emulator.ecr.send(new PutRegistryScanningConfigurationCommand({ scanType: 'BASIC', rules }))
    await runScans(emulator)
    await expect(start(emulator.ecr)).rejects.toMatchObject({ name: 'LimitExceededException' })
  })

  it('An image that was deleted and pushed again may be scanned again', async () => {
    await using emulator = await emulatorWithImage()
    const { ecr, image } = emulator
    await start(ecr)
    await runScans(emulator)
    await ecr.send(new BatchDeleteImageCommand({ repositoryName: 'app', imageIds: [{ imageDigest: image.digest }] }))
    await ecr.send(new PutImageCommand({ repositoryName: 'app', imageManifest: image.manifest, imageTag: 'v1' }))

    await expect(statusOf(ecr)).rejects.toMatchObject({ name: 'ScanNotFoundException' })
    expect((await start(ecr)).imageScanStatus).toEqual({ status: 'IN_PROGRESS' })
  })

  it('A registry starts as many scans in 24 hours as its quota allows', async () => {
    await using emulator = await emulatorWithImage({ quotas: { ...defaultQuotas, scansPerDay: 1 } })
    const { ecr, deps } = emulator
    await pushImage(ecr, 'app', { imageTag: 'v2', layer: 'another layer' })
    await start(ecr)

    await expect(start(ecr, { imageTag: 'v2' })).rejects.toMatchObject({
      name: 'LimitExceededException',
      message:
        'The operation did not succeed because it would have exceeded a service limit for your account. For more information, see Amazon ECR service quotas in the Amazon Elastic Container Registry User Guide.',
    })
    await deps.clock.advance(DAY)
    expect((await start(ecr, { imageTag: 'v2' })).imageScanStatus).toEqual({ status: 'IN_PROGRESS' })
  })

  it('An index and an artifact without layers of a file system are of a type that cannot be scanned', async () => {
    await using emulator = await emulatorWithImage()
    const { ecr, image } = emulator
    await pushIndex(ecr, 'app', [image], 'index')
    const [config, layer] = [await pushLayer(ecr, 'app', '{}'), await pushLayer(ecr, 'app', 'chart')]
    const mediaType = 'application/vnd.cncf.helm.chart.content.v1.tar+gzip'
    const chart = imageManifest({ ...config, ...{ mediaType: 'application/vnd.cncf.helm.config.v1+json' } }, [
      { ...layer, ...{ mediaType } },
    ])
    await ecr.send(new PutImageCommand({ repositoryName: 'app', imageManifest: chart, imageTag: 'chart' }))

    for (const imageTag of ['index', 'chart'])
      await expect(start(ecr, { imageTag })).rejects.toMatchObject({
        name: 'UnsupportedImageTypeException',
        message: 'The image is of a type that cannot be scanned.',
      })
  })

  it('An archived image is refused', async () => {
    await using emulator = await emulatorWithImage()
    const { ecr, deps, image } = emulator
    const change = {
      repository: 'app',
      digest: image.digest,
      target: { class: 'ARCHIVE' },
      now,
      cause: 'request',
    } as const
    await changeStorageClass(deps, registry, change)
    await expect(start(ecr)).rejects.toMatchObject({
      name: 'ImageArchivedException',
      message: 'The specified image is archived and cannot be scanned.',
    })
  })

  it('A manual scan is refused with enhanced scanning', async () => {
    await using emulator = await emulatorWithImage()
    await emulator.ecr.send(new PutRegistryScanningConfigurationCommand({ scanType: 'ENHANCED', rules: [] }))
    await expect(start(emulator.ecr)).rejects.toMatchObject({
      name: 'ValidationException',
      message: 'This feature is disabled',
    })
  })

  it('A repository or an image that does not exist is refused', async () => {
    await using emulator = await emulatorWithImage()
    await expect(start(emulator.ecr, { imageTag: 'v1' }, 'none')).rejects.toMatchObject({
      name: 'RepositoryNotFoundException',
      message: `The repository with name 'none' does not exist in the registry with id '${account}'`,
    })
    await expect(start(emulator.ecr, { imageTag: 'none' })).rejects.toMatchObject({
      name: 'ImageNotFoundException',
      message: `The image with imageId {imageDigest:'null', imageTag:'none'} does not exist within the repository with name 'app' in the registry with id '${account}'`,
    })
    await expect(start(emulator.ecr, {})).rejects.toMatchObject({
      name: 'InvalidParameterException',
      message: 'Invalid request parameters: both tag and digest cannot be null',
    })
  })

  it('A caller without the permission, or of another account, is refused', async () => {
    const statement = { Effect: 'Allow', Action: 'ecr:DescribeImageScanFindings', Resource: '*' }
    const reader = { policies: [{ Version: '2012-10-17', Statement: [statement] }], accessKeys: { AKREADER: 'secret' } }
    const all = { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: 'ecr:*', Resource: '*' }] }
    const stranger = { policies: [all], accessKeys: { AKSTRANGER: 'secret' } }
    await using emulator = await startEmulator({
      accounts: { [account]: { users: { reader } }, '999988887777': { users: { stranger } } },
    })
    const command = (registryId?: string) =>
      new StartImageScanCommand({ repositoryName: 'app', imageId: { imageTag: 'v1' }, registryId })
    await expect(emulator.as('AKREADER').send(command())).rejects.toMatchObject({
      name: 'AccessDeniedException',
      message: `User: arn:aws:iam::${account}:user/reader is not authorized to perform: ecr:StartImageScan on resource: arn:aws:ecr:us-east-1:${account}:repository/app because no identity-based policy allows the ecr:StartImageScan action`,
    })
    await expect(emulator.as('AKSTRANGER').send(command(account))).rejects.toMatchObject({
      name: 'AccessDeniedException',
      message: `User: arn:aws:iam::999988887777:user/stranger is not authorized to perform: ecr:StartImageScan on resource: arn:aws:ecr:us-east-1:${account}:repository/app because no resource-based policy allows the ecr:StartImageScan action`,
    })
  })
})
