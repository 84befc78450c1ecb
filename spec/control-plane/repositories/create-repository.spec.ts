import { CreateRepositoryCommand, type CreateRepositoryCommandInput } from '@aws-sdk/client-ecr'
import { describe, expect, it } from 'vitest'
import { account, now, startEmulator } from '../../support/emulator.js'

const create = (repositoryName: string, rest: Partial<CreateRepositoryCommandInput> = {}) =>
  new CreateRepositoryCommand({ repositoryName, ...rest })

describe('CreateRepository', () => {
  it('describes the repository it created', async () => {
    await using emulator = await startEmulator()

    const { repository } = await emulator.ecr.send(create('team/app'))

    expect(repository).toEqual({
      repositoryArn: `arn:aws:ecr:us-east-1:${account}:repository/team/app`,
      registryId: account,
      repositoryName: 'team/app',
      repositoryUri: 'localhost:4510/team/app',
      createdAt: now,
      imageTagMutability: 'MUTABLE',
      imageScanningConfiguration: { scanOnPush: false },
      encryptionConfiguration: { encryptionType: 'AES256' },
    })
  })

  it('refuses a name that is taken', async () => {
    await using emulator = await startEmulator()
    await emulator.ecr.send(create('team/app'))

    await expect(emulator.ecr.send(create('team/app'))).rejects.toMatchObject({
      name: 'RepositoryAlreadyExistsException',
      message: `The repository with name 'team/app' already exists in the registry with id '${account}'`,
    })
  })

  it('refuses a name the model does not allow, in the words ECR uses for it', async () => {
    await using emulator = await startEmulator()
    await expect(emulator.ecr.send(create('Not Allowed'))).rejects.toMatchObject({
      name: 'InvalidParameterException',
      message:
        "Invalid parameter at 'repositoryName' failed to satisfy constraint: 'must satisfy regular expression '[a-z0-9]+((\\.|_|__|-+)[a-z0-9]+)*(/[a-z0-9]+((\\.|_|__|-+)[a-z0-9]+)*)*''",
    })
  })

  it('keeps exclusion filters only with the mutabilities that have them', async () => {
    await using emulator = await startEmulator()
    await expect(
      emulator.ecr.send(create('team/app', { imageTagMutability: 'IMMUTABLE_WITH_EXCLUSION' })),
    ).rejects.toMatchObject({
      message:
        "Invalid parameter at 'imageTagMutabilityExclusionFilters' failed to satisfy constraint: 'ImageTagMutabilityExclusionFilters can't be null when imageTagMutability is set as IMMUTABLE_WITH_EXCLUSION'",
    })
  })
})
