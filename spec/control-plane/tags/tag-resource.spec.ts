import { ListTagsForResourceCommand, TagResourceCommand } from '@aws-sdk/client-ecr'
import { describe, expect, it } from 'vitest'
import { account, startEmulator } from '../../support/emulator.js'
import { createRepository } from '../../support/push.js'

const resourceArn = `arn:aws:ecr:us-east-1:${account}:repository/team/app`
const tag = (tags: { Key: string | undefined; Value: string | undefined }[], arn = resourceArn) =>
  new TagResourceCommand({ resourceArn: arn, tags })
const numbered = (count: number, prefix = 'k') =>
  Array.from({ length: count }, (_, n) => ({ Key: `${prefix}${n}`, Value: '' }))

describe('TagResource', () => {
  it('TagResource adds tags, replaces the values of existing keys and keeps the other tags', async () => {
    await using emulator = await startEmulator()
    await createRepository(emulator.ecr)
    await emulator.ecr.send(tag([{ Key: 'team', Value: 'a' }, { Key: 'stage', Value: 'test' }])) // prettier-ignore

    const { $metadata, ...answer } = await emulator.ecr.send(
      tag([
        { Key: 'team', Value: 'b' },
        { Key: 'owner', Value: '' },
      ]),
    )

    expect($metadata.httpStatusCode).toBe(200)
    expect(answer).toEqual({})
    const { tags = [] } = await emulator.ecr.send(new ListTagsForResourceCommand({ resourceArn }))
    expect(Object.fromEntries(tags.map(({ Key, Value }) => [Key, Value]))).toEqual({
      team: 'b',
      stage: 'test',
      owner: '',
    })
  })

  it('TagResource allows 50 tags on a repository, including those already there', async () => {
    await using emulator = await startEmulator()
    await createRepository(emulator.ecr)
    await emulator.ecr.send(tag(numbered(50)))

    await expect(emulator.ecr.send(tag([{ Key: 'one-more', Value: '' }]))).rejects.toMatchObject({
      name: 'TooManyTagsException',
      message:
        'The list of tags on the repository is over the limit. The maximum number of tags that can be applied to a repository is 50.',
    })
    await expect(emulator.ecr.send(tag([{ Key: 'k0', Value: 'new' }]))).resolves.toBeDefined()
  })

  it.each([
    ['an empty key', [{ Key: '', Value: 'a' }]],
    ['a duplicate key', [{ Key: 'a', Value: '1' }, { Key: 'a', Value: '2' }]], // prettier-ignore
    ['a key over 128 characters', [{ Key: 'k'.repeat(129), Value: '' }]],
    ['a value over 256 characters', [{ Key: 'k', Value: 'v'.repeat(257) }]],
  ])('TagResource refuses %s', async (_, tags) => {
    await using emulator = await startEmulator()
    await createRepository(emulator.ecr)
    await expect(emulator.ecr.send(tag(tags))).rejects.toMatchObject({
      name: 'InvalidTagParameterException',
      message: 'Tag parameters are invalid',
    })
  })

  it('TagResource names the tag whose key is missing, counting from one', async () => {
    await using emulator = await startEmulator()
    const tags = [{ Key: 'a', Value: '1' }, { Key: undefined, Value: '2' }] // prettier-ignore
    await expect(emulator.ecr.send(tag(tags))).rejects.toMatchObject({
      name: 'InvalidParameterException',
      message: "Invalid parameter at 'tags.2.member.key' failed to satisfy constraint: 'Member must not be null'",
    })
  })

  it('TagResource refuses a repository that does not exist', async () => {
    await using emulator = await startEmulator()
    await expect(emulator.ecr.send(tag(numbered(1)))).rejects.toMatchObject({
      name: 'RepositoryNotFoundException',
      message: `The repository with name 'team/app' does not exist in the registry with id '${account}'`,
    })
  })

  it('TagResource refuses a text that is not a repository ARN', async () => {
    await using emulator = await startEmulator()
    await expect(emulator.ecr.send(tag(numbered(1), 'team/app'))).rejects.toMatchObject({
      name: 'InvalidParameterException',
      message: "Invalid parameter at 'resourceArn' failed to satisfy constraint: 'Invalid ARN'",
    })
  })
})
