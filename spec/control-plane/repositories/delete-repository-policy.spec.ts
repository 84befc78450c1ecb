import { DeleteRepositoryPolicyCommand, SetRepositoryPolicyCommand } from '@aws-sdk/client-ecr'
import { describe, expect, it } from 'vitest'
import { account, startEmulator } from '../../support/emulator.js'
import { createRepository } from '../../support/push.js'

const remove = () => new DeleteRepositoryPolicyCommand({ repositoryName: 'team/app' })

describe('DeleteRepositoryPolicy', () => {
  it('DeleteRepositoryPolicy returns the policy that it removes, and then finds none', async () => {
    await using emulator = await startEmulator()
    const policyText = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"ecr:*"}]}'
    await createRepository(emulator.ecr)
    await emulator.ecr.send(new SetRepositoryPolicyCommand({ repositoryName: 'team/app', policyText }))

    const { registryId, repositoryName, policyText: removed } = await emulator.ecr.send(remove())
    expect({ registryId, repositoryName, removed }).toEqual({
      registryId: account,
      repositoryName: 'team/app',
      removed: policyText,
    })
    await expect(emulator.ecr.send(remove())).rejects.toMatchObject({
      name: 'RepositoryPolicyNotFoundException',
      message: `Repository policy does not exist for the repository with name 'team/app' in the registry with id '${account}'`,
    })
  })

  it('DeleteRepositoryPolicy refuses a repository that does not exist', async () => {
    await using emulator = await startEmulator()
    await expect(emulator.ecr.send(remove())).rejects.toMatchObject({ name: 'RepositoryNotFoundException' })
  })

  it('DeleteRepositoryPolicy refuses a repository name of one character', async () => {
    await using emulator = await startEmulator()
    const short = new DeleteRepositoryPolicyCommand({ repositoryName: 'a' })
    await expect(emulator.ecr.send(short)).rejects.toMatchObject({
      message:
        "Invalid parameter at 'repositoryName' failed to satisfy constraint: 'must have length greater than or equal to 2'",
    })
  })
})
