import {
  DescribeRepositoriesCommand,
  PutImageTagMutabilityCommand,
  type PutImageTagMutabilityCommandInput,
} from '@aws-sdk/client-ecr'
import { describe, expect, it } from 'vitest'
import { account, startEmulator } from '../../support/emulator.js'
import { createRepository, pushImage } from '../../support/push.js'

const put = (
  imageTagMutability: PutImageTagMutabilityCommandInput['imageTagMutability'],
  rest: Partial<PutImageTagMutabilityCommandInput> = {},
) => new PutImageTagMutabilityCommand({ repositoryName: 'team/app', imageTagMutability, ...rest })

describe('PutImageTagMutability', () => {
  it('PutImageTagMutability changes the setting, which applies to later pushes', async () => {
    await using emulator = await startEmulator()
    const { ecr } = emulator
    await createRepository(ecr)
    await pushImage(ecr, 'team/app', { imageTag: 'v1' })

    const { $metadata, ...answer } = await ecr.send(put('IMMUTABLE'))

    expect($metadata.httpStatusCode).toBe(200)
    expect(answer).toEqual({ registryId: account, repositoryName: 'team/app', imageTagMutability: 'IMMUTABLE' })
    await expect(pushImage(ecr, 'team/app', { imageTag: 'v1', layer: 'another' })).rejects.toMatchObject({
      name: 'ImageTagAlreadyExistsException',
      message:
        "The image tag 'v1' already exists in the 'team/app' repository and cannot be overwritten because the tag is immutable.",
    })
  })

  it('PutImageTagMutability keeps exclusion filters in order and drops them with their setting', async () => {
    await using emulator = await startEmulator()
    const { ecr } = emulator
    await createRepository(ecr)
    const filters = ['latest*', 'dev-*', 'a'].map((filter) => ({ filterType: 'WILDCARD' as const, filter }))
    const stored = async () => (await ecr.send(new DescribeRepositoriesCommand({}))).repositories?.[0]

    await ecr.send(put('IMMUTABLE_WITH_EXCLUSION', { imageTagMutabilityExclusionFilters: filters }))
    expect((await stored())?.imageTagMutabilityExclusionFilters).toEqual(filters)

    await ecr.send(put('MUTABLE'))
    expect(await stored()).not.toHaveProperty('imageTagMutabilityExclusionFilters')
  })

  it('PutImageTagMutability requires exclusion filters for exactly the settings that have them', async () => {
    await using emulator = await startEmulator()
    await createRepository(emulator.ecr)
    await expect(emulator.ecr.send(put('MUTABLE_WITH_EXCLUSION'))).rejects.toMatchObject({
      name: 'InvalidParameterException',
      message:
        "Invalid parameter at 'imageTagMutabilityExclusionFilters' failed to satisfy constraint: 'ImageTagMutabilityExclusionFilters can't be null when imageTagMutability is set as MUTABLE_WITH_EXCLUSION'",
    })
    const filters = [{ filterType: 'WILDCARD' as const, filter: '*' }]
    const wrong = emulator.ecr.send(put('MUTABLE', { imageTagMutabilityExclusionFilters: filters }))
    await expect(wrong).rejects.toMatchObject({ name: 'InvalidParameterException' })
  })

  it('PutImageTagMutability refuses a repository that does not exist', async () => {
    await using emulator = await startEmulator()
    await expect(emulator.ecr.send(put('IMMUTABLE'))).rejects.toMatchObject({
      name: 'RepositoryNotFoundException',
      message: `The repository with name 'team/app' does not exist in the registry with id '${account}'`,
    })
  })

  it('PutImageTagMutability refuses an unknown or missing setting with the message of ECR', async () => {
    await using emulator = await startEmulator()
    // The SDK's types do not allow this value, but another client may send it.
    const invented = 'SOMETIMES' as PutImageTagMutabilityCommandInput['imageTagMutability']
    await expect(emulator.ecr.send(put(invented))).rejects.toMatchObject({
      message:
        "Invalid parameter at 'imageTagMutability' failed to satisfy constraint: 'Member must satisfy enum value set: [IMMUTABLE, MUTABLE, MUTABLE_WITH_EXCLUSION, IMMUTABLE_WITH_EXCLUSION]'",
    })
    await expect(emulator.ecr.send(put(undefined))).rejects.toMatchObject({
      message: "Invalid parameter at 'imageTagMutability' failed to satisfy constraint: 'Member must not be null'",
    })
  })
})
