import {
  CreateRepositoryCommand,
  type CreateRepositoryCommandInput,
  DescribeRepositoriesCommand,
} from '@aws-sdk/client-ecr'
import { describe, expect, it } from 'vitest'
import { memoryKeyValue } from '../../../src/adapters/memory/key-value.js'
import { defaultQuotas } from '../../../src/registry/quotas.js'
import { storeOf } from '../../../src/store/store-of.js'
import { account, now, startEmulator } from '../../support/emulator.js'
import { interleaved } from '../../support/interleaved.js'

const create = (repositoryName: string, rest: Partial<CreateRepositoryCommandInput> = {}) =>
  new CreateRepositoryCommand({ repositoryName, ...rest })

describe('CreateRepository', () => {
  it('CreateRepository returns the new repository', async () => {
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

  it('CreateRepository refuses a name that is already taken', async () => {
    await using emulator = await startEmulator()
    await emulator.ecr.send(create('team/app'))

    await expect(emulator.ecr.send(create('team/app'))).rejects.toMatchObject({
      name: 'RepositoryAlreadyExistsException',
      message: `The repository with name 'team/app' already exists in the registry with id '${account}'`,
    })
  })

  it('CreateRepository refuses concurrent calls beyond the quota of repositories', async () => {
    const store = storeOf(interleaved(memoryKeyValue()))
    await using emulator = await startEmulator({ store, quotas: { ...defaultQuotas, repositories: 3 } })
    const names = Array.from({ length: 10 }, (_, count) => `team/app-${count}`)
    const outcomes = await Promise.allSettled(names.map((name) => emulator.ecr.send(create(name))))

    const refused = outcomes.filter((outcome) => outcome.status === 'rejected')
    expect(refused).toHaveLength(7)
    for (const { reason } of refused) expect(reason).toMatchObject({ name: 'LimitExceededException' })
  })

  it('CreateRepository refuses a name that the model does not allow, with the message of ECR', async () => {
    await using emulator = await startEmulator()
    await expect(emulator.ecr.send(create('Not Allowed'))).rejects.toMatchObject({
      name: 'InvalidParameterException',
      message:
        "Invalid parameter at 'repositoryName' failed to satisfy constraint: 'must satisfy regular expression '[a-z0-9]+((\\.|_|__|-+)[a-z0-9]+)*(/[a-z0-9]+((\\.|_|__|-+)[a-z0-9]+)*)*''",
    })
  })

  it('CreateRepository refuses a mutability with exclusion but without exclusion filters', async () => {
    await using emulator = await startEmulator()
    await expect(
      emulator.ecr.send(create('team/app', { imageTagMutability: 'IMMUTABLE_WITH_EXCLUSION' })),
    ).rejects.toMatchObject({
      message:
        "Invalid parameter at 'imageTagMutabilityExclusionFilters' failed to satisfy constraint: 'ImageTagMutabilityExclusionFilters can't be null when imageTagMutability is set as IMMUTABLE_WITH_EXCLUSION'",
    })
  })

  it('CreateRepository uses the AWS managed key of the Region when KMS is requested without a key', async () => {
    await using emulator = await startEmulator()
    const encryptionConfiguration = { encryptionType: 'KMS' as const }
    const keyOf = async (name: string) =>
      (await emulator.ecr.send(create(name, { encryptionConfiguration }))).repository?.encryptionConfiguration?.kmsKey
    const kmsKey = await keyOf('team/app')
    expect(kmsKey).toMatch(
      new RegExp(`^arn:aws:kms:us-east-1:${account}:key/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$`),
    )
    expect(await keyOf('team/other')).toBe(kmsKey)
  })

  it.each([
    ['a key id', 'b8d9ae76-080c-4043-9237-c815bfc21dfc', 'b8d9ae76-080c-4043-9237-c815bfc21dfc'],
    ['a multi-Region key id', `mrk-${'0'.repeat(32)}`, `mrk-${'0'.repeat(32)}`],
    ['a key ARN', `arn:aws:kms:us-east-1:${account}:key/a-key`, 'a-key'],
  ])('CreateRepository returns the ARN of a key that is given as %s', async (_, kmsKey, id) => {
    await using emulator = await startEmulator()
    const encryptionConfiguration = { encryptionType: 'KMS_DSSE' as const, kmsKey }
    const { repository } = await emulator.ecr.send(create('team/app', { encryptionConfiguration }))
    const expected = { encryptionType: 'KMS_DSSE', kmsKey: `arn:aws:kms:us-east-1:${account}:key/${id}` }
    expect(repository?.encryptionConfiguration).toEqual(expected)
    const { repositories } = await emulator.ecr.send(new DescribeRepositoriesCommand({}))
    expect(repositories?.[0]?.encryptionConfiguration).toEqual(expected)
  })

  it('CreateRepository returns the ARN of a key for an alias, the same for its name and its ARN', async () => {
    await using emulator = await startEmulator()
    const keyOf = async (name: string, kmsKey?: string) => {
      const encryptionConfiguration = { encryptionType: 'KMS' as const, ...(kmsKey !== undefined && { kmsKey }) }
      const { repository } = await emulator.ecr.send(create(name, { encryptionConfiguration }))
      return repository?.encryptionConfiguration?.kmsKey
    }
    const key = await keyOf('team/a', 'alias/team')
    expect(key).toMatch(/^arn:aws:kms:us-east-1:123456789012:key\/[0-9a-f-]{36}$/)
    expect(await keyOf('team/b', `arn:aws:kms:us-east-1:${account}:alias/team`)).toBe(key)
    expect(await keyOf('team/c', `arn:aws:kms:us-east-1:210987654321:alias/team`)).not.toBe(key)
    expect(await keyOf('team/d')).not.toBe(key)
    expect(await keyOf('team/e', 'alias/aws/ecr')).toBe(await keyOf('team/f'))
  })

  it.each([
    ['of another Region', `arn:aws:kms:eu-west-1:${account}:key/a-key`],
    ['of another service', `arn:aws:s3:us-east-1:${account}:key/a-key`],
    ['in a form that KMS does not know', 'my key'],
    ['without an id', `arn:aws:kms:us-east-1:${account}:key/`],
  ])('CreateRepository refuses a key %s, and creates no repository', async (_, kmsKey) => {
    await using emulator = await startEmulator()
    const encryptionConfiguration = { encryptionType: 'KMS' as const, kmsKey }
    await expect(emulator.ecr.send(create('team/app', { encryptionConfiguration }))).rejects.toMatchObject({
      name: 'KmsException',
      message: 'The operation failed due to a KMS exception.',
      kmsError: 'NotFoundException',
    })
    expect((await emulator.ecr.send(new DescribeRepositoriesCommand({}))).repositories).toEqual([])
  })

  it.each(['aws:team', 'AWS:team', 'a*b', 'k'.repeat(129)])('CreateRepository refuses the tag key %s', async (Key) => {
    await using emulator = await startEmulator()
    await expect(emulator.ecr.send(create('team/app', { tags: [{ Key, Value: '' }] }))).rejects.toMatchObject({
      name: 'InvalidTagParameterException',
      message: 'Tag parameters are invalid',
    })
  })

  it('CreateRepository stores the settings that it is given', async () => {
    await using emulator = await startEmulator()
    const kmsKey = `arn:aws:kms:us-east-1:${account}:key/a-key`
    const settings = {
      imageTagMutability: 'IMMUTABLE_WITH_EXCLUSION' as const,
      imageTagMutabilityExclusionFilters: [{ filterType: 'WILDCARD' as const, filter: 'dev-*' }],
      imageScanningConfiguration: { scanOnPush: true },
      encryptionConfiguration: { encryptionType: 'KMS' as const, kmsKey },
    }
    const { repository } = await emulator.ecr.send(create('team/app', settings))
    expect(repository).toMatchObject(settings)
  })

  it('CreateRepository creates a repository once when several calls request it concurrently', async () => {
    await using emulator = await startEmulator({ store: storeOf(interleaved(memoryKeyValue())) })
    const creates = Array.from({ length: 8 }, () => emulator.ecr.send(create('team/app')))
    const outcomes = await Promise.allSettled(creates)
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
  })

  it('CreateRepository refuses 51 tags and a duplicate tag key', async () => {
    await using emulator = await startEmulator()
    const tags = Array.from({ length: 51 }, (_, n) => ({ Key: `k${n}`, Value: '' }))
    await expect(emulator.ecr.send(create('team/app', { tags }))).rejects.toMatchObject({
      name: 'TooManyTagsException',
    })
    const twice = ['1', '2'].map((Value) => ({ Key: 'a', Value }))
    await expect(emulator.ecr.send(create('team/app', { tags: twice }))).rejects.toMatchObject({
      name: 'InvalidTagParameterException',
      message: 'Tag parameters are invalid',
    })
  })
})
