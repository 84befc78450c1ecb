import {
  CreateRepositoryCommand,
  ListTagsForResourceCommand,
  type Tag,
  UntagResourceCommand,
} from '@aws-sdk/client-ecr'
import { describe, expect, it } from 'vitest'
import { account, startEmulator } from '../../support/emulator.js'

const resourceArn = `arn:aws:ecr:us-east-1:${account}:repository/team/app`
const untag = (tagKeys: string[] | undefined, arn = resourceArn) =>
  new UntagResourceCommand({ resourceArn: arn, tagKeys })

describe('UntagResource', () => {
  it('UntagResource removes the given keys and ignores keys that are not set', async () => {
    await using emulator = await startEmulator()
    const tags: Tag[] = ['a', 'b', 'c'].map((Key) => ({ Key, Value: Key.toUpperCase() }))
    await emulator.ecr.send(new CreateRepositoryCommand({ repositoryName: 'team/app', tags }))

    const { $metadata, ...answer } = await emulator.ecr.send(untag(['a', 'c', 'never set']))

    expect($metadata.httpStatusCode).toBe(200)
    expect(answer).toEqual({})
    const left = await emulator.ecr.send(new ListTagsForResourceCommand({ resourceArn }))
    expect(left.tags).toEqual([{ Key: 'b', Value: 'B' }])
  })

  it('UntagResource refuses a repository that does not exist', async () => {
    await using emulator = await startEmulator()
    await expect(emulator.ecr.send(untag(['a']))).rejects.toMatchObject({
      name: 'RepositoryNotFoundException',
      message: `The repository with name 'team/app' does not exist in the registry with id '${account}'`,
    })
  })

  it('UntagResource refuses more keys than a repository may have tags', async () => {
    await using emulator = await startEmulator()
    await emulator.ecr.send(new CreateRepositoryCommand({ repositoryName: 'team/app' }))
    const keys = Array.from({ length: 51 }, (_, n) => `key ${n}`)
    await expect(emulator.ecr.send(untag(keys))).rejects.toMatchObject({ name: 'TooManyTagsException' })
    await expect(emulator.ecr.send(untag(keys.slice(1)))).resolves.toBeDefined()
  })

  it('UntagResource refuses an ARN of another service and a call without keys', async () => {
    await using emulator = await startEmulator()
    await expect(emulator.ecr.send(untag(['a'], 'arn:aws:s3:::bucket'))).rejects.toMatchObject({
      name: 'InvalidParameterException',
      message: "Invalid parameter at 'resourceArn' failed to satisfy constraint: 'Invalid ARN'",
    })
    await expect(emulator.ecr.send(untag(undefined))).rejects.toMatchObject({
      message: "Invalid parameter at 'tagKeys' failed to satisfy constraint: 'Member must not be null'",
    })
  })
})
