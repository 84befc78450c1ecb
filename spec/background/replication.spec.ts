import {
  BatchDeleteImageCommand,
  BatchGetImageCommand,
  DescribeImageReplicationStatusCommand,
  DescribeImagesCommand,
  DescribeRepositoriesCommand,
  GetDownloadUrlForLayerCommand,
  PutImageTagMutabilityCommand,
  PutRegistryPolicyCommand,
  PutReplicationConfigurationCommand,
} from '@aws-sdk/client-ecr'
import { describe, expect, it } from 'vitest'
import { account, region } from '../support/emulator.js'
import { createRepository, pushImage, pushIndex, sha256 } from '../support/push.js'
import {
  configureReplication,
  inOtherRegion,
  otherAccount,
  otherRegion,
  type Replicating,
  startReplicating,
} from '../support/replication.js'

const toOtherRegion = [{ region: otherRegion, registryId: account }]
const repositoryName = 'team/app'

const statusOf = async ({ ecr }: Replicating, imageDigest: string) => {
  const describeStatus = new DescribeImageReplicationStatusCommand({ repositoryName, imageId: { imageDigest } })
  return (await ecr.send(describeStatus)).replicationStatuses
}

const imagesIn = async (client: Replicating['ecr'], name = repositoryName) =>
  (await client.send(new DescribeImagesCommand({ repositoryName: name }))).imageDetails ?? []

describe('replication', () => {
  it('A pushed image appears in the other Region with its tag and its layers, in a repository created for it', async () => {
    await using emulator = await startReplicating()
    await createRepository(emulator.ecr)
    await configureReplication(emulator.ecr, toOtherRegion)
    const { digest, manifest } = await pushImage(emulator.ecr, repositoryName, { imageTag: 'v1', layer: 'a layer' })
    await emulator.passOnChanges()
    expect(await statusOf(emulator, digest)).toEqual([
      { region: otherRegion, registryId: account, status: 'IN_PROGRESS' },
    ])

    await emulator.settle()

    const imageIds = [{ imageTag: 'v1' }]
    const { images } = await emulator.there.send(new BatchGetImageCommand({ repositoryName, imageIds }))
    expect(images).toMatchObject([{ imageId: { imageDigest: digest, imageTag: 'v1' }, imageManifest: manifest }])
    const layer = { repositoryName, layerDigest: sha256('a layer') }
    expect((await emulator.there.send(new GetDownloadUrlForLayerCommand(layer))).layerDigest).toBe(layer.layerDigest)
    expect(await statusOf(emulator, digest)).toEqual([{ region: otherRegion, registryId: account, status: 'COMPLETE' }])
  })
})
