import { GetRepositoryPolicyCommand, SetRepositoryPolicyCommand } from '@aws-sdk/client-ecr'
import { describe, expect, it } from 'vitest'
import { account, startEmulator } from '../../support/emulator.js'
import { createRepository } from '../../support/push.js'

const get = new GetRepositoryPolicyCommand({ repositoryName: 'team/app' })

describe('GetRepositoryPolicy', () => {
  it('GetRepositoryPolicy returns the policy of the repository', async () => {
    await using emulator = await startEmulator()
    const policyText = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"ecr:*"}]}'
    await createRepository(emulator.ecr)
    await emulator.ecr.send(new SetRepositoryPolicyCommand({ repositoryName: 'team/app', policyText }))

    const { registryId, repositoryName, policyText: stored } = await emulator.ecr.send(get)
    expect({ registryId, repositoryName, stored }).toEqual({
      registryId: account,
      repositoryName: 'team/app',
      stored: policyText,
    })
  })

  it('GetRepositoryPolicy reports that there is no policy', async () => {
    await using emulator = await startEmulator()
    await createRepository(emulator.ecr)
    await expect(emulator.ecr.send(get)).rejects.toMatchObject({
      name: 'RepositoryPolicyNotFoundException',
      message: `Repository policy does not exist for the repository with name 'team/app' in the registry with id '${account}'`,
    })
  })

  it('GetRepositoryPolicy refuses a repository that does not exist', async () => {
    await using emulator = await startEmulator()
    await expect(emulator.ecr.send(get)).rejects.toMatchObject({ name: 'RepositoryNotFoundException' })
  })

  it('GetRepositoryPolicy refuses a call without a repository name', async () => {
    await using emulator = await startEmulator()
    const nameless = new GetRepositoryPolicyCommand({ repositoryName: undefined })
    await expect(emulator.ecr.send(nameless)).rejects.toMatchObject({
      message: "Invalid parameter at 'repositoryName' failed to satisfy constraint: 'must not be null'",
    })
  })
})
