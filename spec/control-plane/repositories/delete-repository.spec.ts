import {
  DeleteRepositoryCommand,
  DescribeRepositoriesCommand,
  GetRepositoryPolicyCommand,
  InitiateLayerUploadCommand,
  ListImagesCommand,
  PutImageCommand,
  SetRepositoryPolicyCommand,
  UploadLayerPartCommand,
} from '@aws-sdk/client-ecr'
import { describe, expect, it } from 'vitest'
import { memoryKeyValue } from '../../../src/adapters/memory/key-value.js'
import { listAll } from '../../../src/registry/list-records.js'
import { storeOf } from '../../../src/store/store.js'
import { account, region, startEmulator } from '../../support/emulator.js'
import { interleaved } from '../../support/interleaved.js'
import { createRepository, imageManifest, pushImage, pushIndex, pushLayer } from '../../support/push.js'

const remove = (repositoryName: string, force?: boolean) => new DeleteRepositoryCommand({ repositoryName, force })
const policyText = JSON.stringify({
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Principal: '*', Action: 'ecr:BatchGetImage' }],
})

describe('DeleteRepository', () => {
  it('DeleteRepository returns the deleted repository', async () => {
    await using emulator = await startEmulator()
    await createRepository(emulator.ecr)

    const { repository } = await emulator.ecr.send(remove('team/app'))

    expect(repository).toMatchObject({ repositoryName: 'team/app', repositoryUri: 'localhost:4510/team/app' })
    const { repositories } = await emulator.ecr.send(new DescribeRepositoriesCommand({}))
    expect(repositories).toEqual([])
  })

  it('DeleteRepository refuses a repository that does not exist', async () => {
    await using emulator = await startEmulator()
    await expect(emulator.ecr.send(remove('team/app'))).rejects.toMatchObject({
      name: 'RepositoryNotFoundException',
      message: `The repository with name 'team/app' does not exist in the registry with id '${account}'`,
    })
  })

  it('DeleteRepository refuses a repository that contains images and leaves it unchanged', async () => {
    await using emulator = await startEmulator()
    await createRepository(emulator.ecr)
    await pushImage(emulator.ecr, 'team/app', { imageTag: 'latest' })

    await expect(emulator.ecr.send(remove('team/app'))).rejects.toMatchObject({
      name: 'RepositoryNotEmptyException',
      message: `The repository with name 'team/app' in registry with id '${account}' cannot be deleted because it still contains images`,
    })
    const { imageIds } = await emulator.ecr.send(new ListImagesCommand({ repositoryName: 'team/app' }))
    expect(imageIds).toHaveLength(1)
  })

  it('DeleteRepository with force deletes everything in the repository and nothing of its neighbours', async () => {
    await using emulator = await startEmulator()
    const { ecr, deps } = emulator
    for (const name of ['team/app', 'team/app-two']) {
      await createRepository(ecr, name)
      const image = await pushImage(ecr, name, { imageTag: 'one' })
      await pushIndex(ecr, name, [image], 'all')
      await ecr.send(new SetRepositoryPolicyCommand({ repositoryName: name, policyText }))
    }

    await ecr.send(remove('team/app', true))

    const registry = { account, region }
    for (const collection of ['images', 'tags', 'layers', 'references'] as const) {
      const kept = await listAll<{ repository: string }>(deps.store[collection], registry)
      expect(new Set(kept.map(({ repository }) => repository)), collection).toEqual(new Set(['team/app-two']))
    }
    await createRepository(ecr, 'team/app')
    const { imageIds } = await ecr.send(new ListImagesCommand({ repositoryName: 'team/app' }))
    expect(imageIds).toEqual([])
    await expect(ecr.send(new GetRepositoryPolicyCommand({ repositoryName: 'team/app' }))).rejects.toMatchObject({
      name: 'RepositoryPolicyNotFoundException',
    })
  })

  it('DeleteRepository ends the uploads in the repository', async () => {
    await using emulator = await startEmulator()
    const { ecr } = emulator
    await createRepository(ecr)
    const { uploadId } = await ecr.send(new InitiateLayerUploadCommand({ repositoryName: 'team/app' }))

    await ecr.send(remove('team/app'))
    await createRepository(ecr)

    const part = { repositoryName: 'team/app', uploadId, partFirstByte: 0, partLastByte: 2 }
    const upload = ecr.send(new UploadLayerPartCommand({ ...part, layerPartBlob: Buffer.from('abc') }))
    await expect(upload).rejects.toMatchObject({ name: 'UploadNotFoundException' })
  })

  it('DeleteRepository loses no image to a concurrent push: exactly one of the two is refused', async () => {
    await using emulator = await startEmulator({ store: storeOf(interleaved(memoryKeyValue())) })
    const { ecr, deps } = emulator
    for (let round = 0; round < 10; round++) {
      const repositoryName = `team/app${round}`
      await createRepository(ecr, repositoryName)
      const config = await pushLayer(ecr, repositoryName, '{}')
      const [pushed, deleted] = await Promise.allSettled([
        ecr.send(new PutImageCommand({ repositoryName, imageManifest: imageManifest(config, []) })),
        ecr.send(remove(repositoryName)),
      ])
      expect([pushed.status, deleted.status].sort()).toEqual(['fulfilled', 'rejected'])
      const { items } = await deps.store.images.list({ account, region }, { limit: 10, prefix: `${repositoryName} ` })
      expect(items).toHaveLength(pushed.status === 'fulfilled' ? 1 : 0)
    }
  })

  it('DeleteRepository refuses an empty name', async () => {
    await using emulator = await startEmulator()
    await expect(emulator.ecr.send(remove(''))).rejects.toMatchObject({ name: 'InvalidParameterException' })
  })
})
