import { DescribeImageReplicationStatusCommand, type ImageIdentifier } from '@aws-sdk/client-ecr'
import { describe, expect, it } from 'vitest'
import { account, startEmulator } from '../../support/emulator.js'
import { createRepository, pushImage } from '../../support/push.js'
import { configureReplication, startReplicating } from '../../support/replication.js'

const repositoryName = 'team/app'
const absent = `sha256:${'0'.repeat(64)}`
const describeStatus = (imageId: ImageIdentifier, name = repositoryName) =>
  new DescribeImageReplicationStatusCommand({ repositoryName: name, imageId })

describe('DescribeImageReplicationStatus', () => {
  it('An image that is not replicated has no statuses; the answer has its digest, and its tag if the call has one', async () => {
    await using emulator = await startEmulator()
    await createRepository(emulator.ecr)
    const { digest } = await pushImage(emulator.ecr, repositoryName, { imageTag: 'v1' })
    expect(await emulator.ecr.send(describeStatus({ imageTag: 'v1' }))).toMatchObject({
      repositoryName,
      imageId: { imageDigest: digest, imageTag: 'v1' },
      replicationStatuses: [],
    })
    const byDigest = await emulator.ecr.send(describeStatus({ imageDigest: digest }))
    expect(byDigest.imageId).toEqual({ imageDigest: digest })
  })

  it('Each destination has a status of its own', async () => {
    await using emulator = await startReplicating()
    await createRepository(emulator.ecr)
    const regions = ['eu-west-1', 'us-west-2']
    const destinations = [...regions.map((region) => ({ region, registryId: account }))]
    await configureReplication(emulator.ecr, [...destinations, { region: 'eu-west-1', registryId: '444455556666' }])
    await pushImage(emulator.ecr, repositoryName, { imageTag: 'v1' })
    await emulator.settle()
    const { replicationStatuses } = await emulator.ecr.send(describeStatus({ imageTag: 'v1' }))
    expect(replicationStatuses).toEqual([
      ...destinations.map((destination) => ({ ...destination, status: 'COMPLETE' })),
      { region: 'eu-west-1', registryId: '444455556666', status: 'FAILED', failureCode: 'AccessDenied' },
    ])
  })

  it.each([
    [{ imageTag: 'v2' }, `{imageDigest:'null', imageTag:'v2'}`],
    [{ imageDigest: absent }, `{imageDigest:'${absent}', imageTag:'null'}`],
    [{ imageDigest: absent, imageTag: 'v1' }, `{imageDigest:'${absent}', imageTag:'v1'}`],
  ])('The image %j is not found', async (imageId, named) => {
    await using emulator = await startEmulator()
    await createRepository(emulator.ecr)
    await pushImage(emulator.ecr, repositoryName, { imageTag: 'v1' })
    await expect(emulator.ecr.send(describeStatus(imageId))).rejects.toMatchObject({
      name: 'ImageNotFoundException',
      message: `The image with imageId ${named} does not exist within the repository with name '${repositoryName}' in the registry with id '${account}'`,
    })
  })

  it('An image id without a tag and a digest, or with a malformed digest, is refused', async () => {
    await using emulator = await startEmulator()
    await createRepository(emulator.ecr)
    await expect(emulator.ecr.send(describeStatus({}))).rejects.toMatchObject({
      name: 'InvalidParameterException',
      message: 'Invalid request parameters: both tag and digest cannot be null',
    })
    await expect(emulator.ecr.send(describeStatus({ imageDigest: 'v1' }))).rejects.toMatchObject({
      name: 'InvalidParameterException',
      message: "Invalid request parameters: image digest should satisfy the regex '[a-zA-Z0-9-_+.]+:[a-fA-F0-9]+'",
    })
  })

  it('A repository that does not exist is not found', async () => {
    await using emulator = await startEmulator()
    await expect(emulator.ecr.send(describeStatus({ imageTag: 'v1' }, 'nothing'))).rejects.toMatchObject({
      name: 'RepositoryNotFoundException',
      message: `The repository with name 'nothing' does not exist in the registry with id '${account}'`,
    })
  })
})
