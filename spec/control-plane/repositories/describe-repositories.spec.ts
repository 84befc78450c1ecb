import { DeleteRepositoryCommand, DescribeRepositoriesCommand } from '@aws-sdk/client-ecr'
import { describe, expect, it } from 'vitest'
import { account, now, startEmulator } from '../../support/emulator.js'
import { createRepository } from '../../support/push.js'

const describeRepositories = (input: DescribeRepositoriesCommand['input'] = {}) =>
  new DescribeRepositoriesCommand(input)
const namesOf = (repositories: { repositoryName?: string }[] = []) => repositories.map((one) => one.repositoryName)

describe('DescribeRepositories', () => {
  it('DescribeRepositories returns the named repositories in the order of the request', async () => {
    await using emulator = await startEmulator()
    await createRepository(emulator.ecr, 'team/a')
    await createRepository(emulator.ecr, 'team/b')

    const { repositories } = await emulator.ecr.send(describeRepositories({ repositoryNames: ['team/b', 'team/a'] }))

    expect(namesOf(repositories)).toEqual(['team/b', 'team/a'])
    expect(repositories?.[0]).toEqual({
      repositoryArn: `arn:aws:ecr:us-east-1:${account}:repository/team/b`,
      registryId: account,
      repositoryName: 'team/b',
      repositoryUri: 'localhost:4510/team/b',
      createdAt: now,
      imageTagMutability: 'MUTABLE',
      imageScanningConfiguration: { scanOnPush: false },
      encryptionConfiguration: { encryptionType: 'AES256' },
    })
  })

  it('DescribeRepositories fails as a whole when one of the names does not exist', async () => {
    await using emulator = await startEmulator()
    await createRepository(emulator.ecr, 'team/a')

    const asked = emulator.ecr.send(describeRepositories({ repositoryNames: ['team/a', 'team/gone'] }))
    await expect(asked).rejects.toMatchObject({
      name: 'RepositoryNotFoundException',
      message: `The repository with name 'team/gone' does not exist in the registry with id '${account}'`,
    })
  })

  it('DescribeRepositories returns all pages even when the repository before a page is deleted', async () => {
    await using emulator = await startEmulator()
    for (const name of ['aa', 'bb', 'cc', 'dd', 'ee']) await createRepository(emulator.ecr, name)

    const first = await emulator.ecr.send(describeRepositories({ maxResults: 2 }))
    await emulator.ecr.send(new DeleteRepositoryCommand({ repositoryName: 'bb' }))
    const second = await emulator.ecr.send(describeRepositories({ maxResults: 2, nextToken: first.nextToken }))
    const third = await emulator.ecr.send(describeRepositories({ maxResults: 2, nextToken: second.nextToken }))

    expect([first, second, third].map(({ repositories }) => namesOf(repositories))).toEqual([
      ['aa', 'bb'],
      ['cc', 'dd'],
      ['ee'],
    ])
    expect(third.nextToken).toBeUndefined()
  })

  it('DescribeRepositories refuses names together with maxResults', async () => {
    await using emulator = await startEmulator()
    const both = describeRepositories({ repositoryNames: ['team/a'], maxResults: 5 })
    await expect(emulator.ecr.send(both)).rejects.toMatchObject({ name: 'InvalidParameterException' })
  })

  it('DescribeRepositories refuses an invalid nextToken and a maxResults above 1,000', async () => {
    await using emulator = await startEmulator()
    await expect(emulator.ecr.send(describeRepositories({ nextToken: 'made-up' }))).rejects.toMatchObject({
      name: 'InvalidParameterException',
    })
    await expect(emulator.ecr.send(describeRepositories({ maxResults: 1001 }))).rejects.toMatchObject({
      message:
        "Invalid parameter at 'maxResults' failed to satisfy constraint: 'Member must have value less than or equal to 1000'",
    })
  })
})
