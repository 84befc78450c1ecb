import { CreateRepositoryCommand, ListTagsForResourceCommand } from '@aws-sdk/client-ecr'
import { describe, expect, it } from 'vitest'
import { account, startEmulator } from '../../support/emulator.js'

const list = (resourceArn: string) => new ListTagsForResourceCommand({ resourceArn })
const arn = `arn:aws:ecr:us-east-1:${account}:repository/team/app`

describe('ListTagsForResource', () => {
  it('ListTagsForResource returns the tags of a repository, and an empty list for one without tags', async () => {
    await using emulator = await startEmulator()
    const tags = [{ Key: 'team', Value: 'a' }]
    await emulator.ecr.send(new CreateRepositoryCommand({ repositoryName: 'team/app', tags }))
    await emulator.ecr.send(new CreateRepositoryCommand({ repositoryName: 'team/bare' }))

    expect((await emulator.ecr.send(list(arn))).tags).toEqual(tags)
    expect((await emulator.ecr.send(list(arn.replace('app', 'bare')))).tags).toEqual([])
  })

  it('ListTagsForResource refuses a repository that does not exist', async () => {
    await using emulator = await startEmulator()
    await expect(emulator.ecr.send(list(arn))).rejects.toMatchObject({
      name: 'RepositoryNotFoundException',
      message: `The repository with name 'team/app' does not exist in the registry with id '${account}'`,
    })
  })

  it.each([
    ['is not an ARN', 'team/app'],
    ['names another service', `arn:aws:s3:us-east-1:${account}:repository/team/app`],
    ['names another Region', arn.replace('us-east-1', 'eu-west-1')],
    ['has no repository name', `arn:aws:ecr:us-east-1:${account}:repository/`],
  ])('ListTagsForResource refuses a resource ARN that %s', async (_, resourceArn) => {
    await using emulator = await startEmulator()
    await expect(emulator.ecr.send(list(resourceArn))).rejects.toMatchObject({
      name: 'InvalidParameterException',
      message: "Invalid parameter at 'resourceArn' failed to satisfy constraint: 'Invalid ARN'",
    })
  })

  it('ListTagsForResource is not allowed on a repository of another account that has granted nothing', async () => {
    await using emulator = await startEmulator()
    const theirs = arn.replace(account, '999999999999')
    await expect(emulator.ecr.send(list(theirs))).rejects.toMatchObject({
      name: 'AccessDeniedException',
      message: `User: arn:aws:iam::${account}:user/developer is not authorized to perform: ecr:ListTagsForResource on resource: ${theirs} because no resource-based policy allows the ecr:ListTagsForResource action`,
    })
  })
})
