import { DescribeRepositoryCreationTemplatesCommand } from '@aws-sdk/client-ecr'
import { GetRoleCommand, IAMClient } from '@aws-sdk/client-iam'
import { describe, expect, it } from 'vitest'
import { installation } from '../../../src/registry/registry.js'
import { accountsPassingRoles } from '../../support/access.js'
import { account, now, startEmulator } from '../../support/emulator.js'
import { recordedLog } from '../../support/recorded-log.js'
import { allowing } from '../../support/registry.js'
import { createTemplate } from '../../support/templates.js'

const customRoleArn = `arn:aws:iam::${account}:role/templates`
const lifecyclePolicy = JSON.stringify(
  {
    rules: [
      {
        rulePriority: 1,
        selection: { tagStatus: 'untagged', countType: 'sinceImagePushed', countUnit: 'days', countNumber: 14 },
        action: { type: 'expire' },
      },
    ],
  },
  null,
  4,
)
const policyFor = (Principal: object, more: object = {}) =>
  JSON.stringify({
    Version: '2012-10-17',
    Statement: [{ Sid: 'Pull', Effect: 'Allow', Principal, Action: 'ecr:BatchGetImage', ...more }],
  })
const repositoryPolicy = policyFor({ Service: 'lambda.amazonaws.com' })

describe('CreateRepositoryCreationTemplate', () => {
  it('CreateRepositoryCreationTemplate returns the template with the defaults of the service', async () => {
    await using emulator = await startEmulator()
    const { $metadata, ...answer } = await emulator.ecr.send(createTemplate())
    expect($metadata.httpStatusCode).toBe(200)
    expect(answer).toEqual({
      registryId: account,
      repositoryCreationTemplate: {
        prefix: 'prod',
        appliedFor: ['PULL_THROUGH_CACHE'],
        encryptionConfiguration: { encryptionType: 'AES256' },
        imageTagMutability: 'MUTABLE',
        createdAt: now,
        updatedAt: now,
      },
    })
  })

  it('CreateRepositoryCreationTemplate returns every member as it was given', async () => {
    await using emulator = await startEmulator({ accounts: accountsPassingRoles })
    const given = {
      prefix: 'prod/team',
      appliedFor: ['REPLICATION' as const, 'CREATE_ON_PUSH' as const],
      description: 'Repositories of the team',
      encryptionConfiguration: {
        encryptionType: 'KMS' as const,
        kmsKey: `arn:aws:kms:us-east-1:${account}:key/1234abcd`,
      },
      resourceTags: [
        { Key: 'team', Value: 'a' },
        { Key: 'empty', Value: '' },
      ],
      imageTagMutability: 'IMMUTABLE_WITH_EXCLUSION' as const,
      imageTagMutabilityExclusionFilters: [
        { filterType: 'WILDCARD' as const, filter: 'latest' },
        { filterType: 'WILDCARD' as const, filter: 'dev-*' },
        { filterType: 'WILDCARD' as const, filter: 'a*' },
      ],
      repositoryPolicy,
      lifecyclePolicy,
      customRoleArn,
    }
    const { repositoryCreationTemplate } = await emulator.ecr.send(createTemplate(given))
    expect(repositoryCreationTemplate).toEqual({ ...given, createdAt: now, updatedAt: now })
    const described = await emulator.ecr.send(new DescribeRepositoryCreationTemplatesCommand({}))
    expect(described.repositoryCreationTemplates).toEqual([repositoryCreationTemplate])
  })

  it('CreateRepositoryCreationTemplate accepts resource tags and KMS without a role', async () => {
    await using emulator = await startEmulator()
    const { repositoryCreationTemplate } = await emulator.ecr.send(
      createTemplate({
        resourceTags: [{ Key: 'team', Value: 'a' }],
        encryptionConfiguration: { encryptionType: 'KMS', kmsKey: '' },
      }),
    )
    expect(repositoryCreationTemplate).toMatchObject({ encryptionConfiguration: { encryptionType: 'KMS' } })
    expect(repositoryCreationTemplate).not.toHaveProperty('customRoleArn')
  })

  it('CreateRepositoryCreationTemplate treats empty texts as members that were not given', async () => {
    await using emulator = await startEmulator()
    const empty = { description: '', repositoryPolicy: '', lifecyclePolicy: '', customRoleArn: '', resourceTags: [] }
    const { repositoryCreationTemplate = {} } = await emulator.ecr.send(createTemplate(empty))
    for (const member of Object.keys(empty)) expect(repositoryCreationTemplate).not.toHaveProperty(member)
  })

  it('CreateRepositoryCreationTemplate allows one template for a prefix, with or without a slash at its end', async () => {
    await using emulator = await startEmulator()
    const { repositoryCreationTemplate } = await emulator.ecr.send(createTemplate({ prefix: 'prod/' }))
    expect(repositoryCreationTemplate?.prefix).toBe('prod')
    for (const prefix of ['prod', 'prod/'])
      await expect(emulator.ecr.send(createTemplate({ prefix }))).rejects.toMatchObject({
        name: 'TemplateAlreadyExistsException',
        message: 'The repository creation template already exists. Specify a unique prefix and try again.',
      })
    for (const prefix of ['ROOT', 'prod/team', 'p'])
      await expect(emulator.ecr.send(createTemplate({ prefix }))).resolves.toBeDefined()
    await expect(emulator.as('AKIDEXAMPLE', 'eu-west-1').send(createTemplate())).resolves.toBeDefined()
  })

  it('CreateRepositoryCreationTemplate creates one of many templates with the same prefix', async () => {
    await using emulator = await startEmulator()
    const outcomes = await Promise.allSettled(Array.from({ length: 10 }, () => emulator.ecr.send(createTemplate())))
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
  })

  const pattern = '^([a-z0-9]+((\\.|_|__|-+)[a-z0-9]+)*(/[a-z0-9]+((\\.|_|__|-+)[a-z0-9]+)*)*/?|ROOT)$'
  it.each([
    [{ prefix: 'Prod' }, 'prefix', `Member must satisfy regular expression pattern: ${pattern}`],
    [{ prefix: '' }, 'prefix', 'Member must have length greater than or equal to 1'],
    [{ prefix: 'x'.repeat(257) }, 'prefix', 'Member must have length less than or equal to 256'],
    [{ prefix: undefined }, 'prefix', 'Member must not be null'],
    [{ appliedFor: undefined }, 'appliedFor', 'Member must not be null'],
    [{ description: 'x'.repeat(257) }, 'description', 'Member must have length less than or equal to 256'],
    [{ lifecyclePolicy: 'x'.repeat(30_721) }, 'lifecyclePolicy', 'Member must have length less than or equal to 30720'],
    [
      { repositoryPolicy: 'x'.repeat(10_241) },
      'repositoryPolicy',
      'Member must have length less than or equal to 10240',
    ],
    [
      { imageTagMutability: 'NEVER' as 'MUTABLE' },
      'imageTagMutability',
      'Member must satisfy enum value set: [IMMUTABLE, MUTABLE, MUTABLE_WITH_EXCLUSION, IMMUTABLE_WITH_EXCLUSION]',
    ],
    [
      { imageTagMutability: 'MUTABLE_WITH_EXCLUSION' as const },
      'imageTagMutabilityExclusionFilters',
      "ImageTagMutabilityExclusionFilters can't be null when imageTagMutability is set as MUTABLE_WITH_EXCLUSION",
    ],
    [
      { imageTagMutabilityExclusionFilters: [{ filterType: 'WILDCARD' as const, filter: 'a' }] },
      'imageTagMutabilityExclusionFilters',
      'ImageTagMutabilityExclusionFilters must be null when imageTagMutability is set as MUTABLE',
    ],
    [{ repositoryPolicy: 'no JSON' }, 'PolicyText', 'Invalid repository policy provided'],
    [
      { repositoryPolicy: policyFor({ AWS: `arn:aws:iam::${account}:user/gone` }) },
      'PolicyText',
      'Invalid repository policy provided',
    ],
    [
      { repositoryPolicy: policyFor({ AWS: account }, { Resource: '*' }) },
      'PolicyText',
      'Invalid repository policy provided',
    ],
    [
      { lifecyclePolicy: 'no JSON' },
      'LifecyclePolicyText',
      'Lifecycle policy validation failure: Could not map policyString into LifecyclePolicy.',
    ],
    [
      { lifecyclePolicy: '{}' },
      'LifecyclePolicyText',
      'Lifecycle policy validation failure: object has missing required properties (["rules"])',
    ],
  ])('CreateRepositoryCreationTemplate refuses an invalid member (case %#)', async (given, member, constraint) => {
    await using emulator = await startEmulator()
    await expect(emulator.ecr.send(createTemplate(given))).rejects.toMatchObject({
      name: 'InvalidParameterException',
      message: `Invalid parameter at '${member}' failed to satisfy constraint: '${constraint}'`,
    })
    expect(await emulator.deps.store.creationTemplates.list({ account, region: 'us-east-1' }, { limit: 1 })).toEqual({
      items: [],
    })
  })

  it('CreateRepositoryCreationTemplate refuses resource tags as CreateRepository refuses tags', async () => {
    await using emulator = await startEmulator()
    const twice = [
      { Key: 'team', Value: 'a' },
      { Key: 'Team', Value: 'b' },
    ]
    const tooMany = Array.from({ length: 51 }, (_, n) => ({ Key: `key${n}`, Value: '' }))
    await expect(emulator.ecr.send(createTemplate({ resourceTags: twice }))).rejects.toMatchObject({
      name: 'InvalidTagParameterException',
      message: 'Tag parameters are invalid',
    })
    await expect(emulator.ecr.send(createTemplate({ resourceTags: tooMany }))).rejects.toMatchObject({
      name: 'TooManyTagsException',
    })
  })

  it.each([`arn:aws:iam::${account}:user/developer`, 'templates'])(
    'CreateRepositoryCreationTemplate refuses the role %s',
    async (roleArn) => {
      await using emulator = await startEmulator({ accounts: accountsPassingRoles })
      await expect(emulator.ecr.send(createTemplate({ customRoleArn: roleArn }))).rejects.toMatchObject({
        name: 'InvalidParameterException',
        message: `Invalid parameter at 'customRoleArn' failed to satisfy constraint: 'must be the ARN of a role of account ${account}'`,
      })
    },
  )

  it('CreateRepositoryCreationTemplate refuses the role of another account, which no caller may pass', async () => {
    await using emulator = await startEmulator({ accounts: accountsPassingRoles })
    const foreign = 'arn:aws:iam::210987654321:role/templates'
    await expect(emulator.ecr.send(createTemplate({ customRoleArn: foreign }))).rejects.toMatchObject({
      name: 'AccessDeniedException',
      message: expect.stringContaining(`is not authorized to perform: iam:PassRole on resource: ${foreign}`) as string,
    })
  })

  it('CreateRepositoryCreationTemplate warns of actions that ECR does not have', async () => {
    const log = recordedLog()
    await using emulator = await startEmulator({ log })
    await emulator.ecr.send(
      createTemplate({ repositoryPolicy: policyFor({ AWS: account }, { Action: 'ecr:PullImage' }) }),
    )
    expect(log.lines).toContainEqual(['warn', expect.anything(), expect.stringContaining('ecr:PullImage')])
  })

  it('CreateRepositoryCreationTemplate creates the service-linked role, which GetRole describes', async () => {
    const policies = ['AmazonEC2ContainerRegistryFullAccess', allowing('iam:GetRole')]
    const accounts = { [account]: { users: { developer: { accessKeys: { AKIDEXAMPLE: 'secret' }, policies } } } }
    await using emulator = await startEmulator({ accounts })
    const iam = new IAMClient({
      endpoint: emulator.endpoint,
      region: 'us-east-1',
      credentials: { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'secret' },
      maxAttempts: 1,
    })
    const roleName = 'AWSServiceRoleForECRTemplate'
    const role = () => iam.send(new GetRoleCommand({ RoleName: roleName }))
    await expect(role()).rejects.toMatchObject({ name: 'NoSuchEntityException' })
    await emulator.ecr.send(createTemplate())
    await emulator.deps.clock.advance(60)
    await emulator.ecr.send(createTemplate({ prefix: 'ROOT' }))
    expect((await role()).Role).toMatchObject({
      Arn: `arn:aws:iam::${account}:role/aws-service-role/ecr.amazonaws.com/${roleName}`,
      Path: '/aws-service-role/ecr.amazonaws.com/',
      AssumeRolePolicyDocument: encodeURIComponent(
        '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"ecr.amazonaws.com"},"Action":"sts:AssumeRole"}]}',
      ),
    })
    expect(await emulator.deps.store.roles.get(installation, `${account} ${roleName}`)).toEqual({
      account,
      roleName,
      createdAt: now.getTime(),
    })
    const admin = await fetch(`${emulator.endpoint}/_admin/roles`)
    expect(await admin.json()).toEqual({
      roles: [
        {
          account,
          roleName,
          arn: `arn:aws:iam::${account}:role/aws-service-role/ecr.amazonaws.com/${roleName}`,
          createdAt: now.toISOString(),
        },
      ],
    })
  })
})

describe('Permissions of CreateRepositoryCreationTemplate', () => {
  const accountsAllowing = (...actions: string[]) => ({
    [account]: {
      users: { developer: { accessKeys: { AKIDEXAMPLE: 'secret' }, policies: [allowing(actions)] } },
    },
  })
  const [create, createRepository] = ['ecr:CreateRepositoryCreationTemplate', 'ecr:CreateRepository']
  const denied = (action: string, resource: string) => ({
    name: 'AccessDeniedException',
    message: `User: arn:aws:iam::${account}:user/developer is not authorized to perform: ${action} on resource: ${resource} because no identity-based policy allows the ${action} action`,
  })
  const under = `arn:aws:ecr:us-east-1:${account}:repository/prod/*`

  it.each([
    [[createRepository], {}, create, '*'],
    [[create], {}, createRepository, under],
    [[create], { prefix: 'ROOT' }, createRepository, `arn:aws:ecr:us-east-1:${account}:repository/*`],
    [[create, createRepository], { lifecyclePolicy }, 'ecr:PutLifecyclePolicy', under],
    [[create, createRepository], { repositoryPolicy }, 'ecr:SetRepositoryPolicy', under],
    [[create, createRepository], { customRoleArn }, 'iam:PassRole', customRoleArn],
  ])('A caller with only %j is refused (case %#)', async (actions, given, missing, resource) => {
    await using emulator = await startEmulator({ accounts: accountsAllowing(...actions) })
    await expect(emulator.ecr.send(createTemplate(given))).rejects.toMatchObject(denied(missing, resource))
  })

  it('A template without policies and role needs two permissions', async () => {
    await using emulator = await startEmulator({ accounts: accountsAllowing(create, createRepository) })
    await expect(emulator.ecr.send(createTemplate())).resolves.toBeDefined()
  })

  it('A role is passed to the service ecr.amazonaws.com', async () => {
    const passing = (service: string) => ({
      ...allowing('iam:PassRole'),
      Statement: [
        {
          Effect: 'Allow',
          Action: 'iam:PassRole',
          Resource: customRoleArn,
          Condition: { StringEquals: { 'iam:PassedToService': service } },
        },
      ],
    })
    const accountsWith = (service: string) => ({
      [account]: {
        users: {
          developer: {
            accessKeys: { AKIDEXAMPLE: 'secret' },
            policies: ['AmazonEC2ContainerRegistryFullAccess', passing(service)],
          },
        },
      },
    })
    await using good = await startEmulator({ accounts: accountsWith('ecr.amazonaws.com') })
    await expect(good.ecr.send(createTemplate({ customRoleArn }))).resolves.toBeDefined()
    await using bad = await startEmulator({ accounts: accountsWith('lambda.amazonaws.com') })
    await expect(bad.ecr.send(createTemplate({ customRoleArn }))).rejects.toMatchObject(
      denied('iam:PassRole', customRoleArn),
    )
  })

  it('A registry policy cannot allow a template', async () => {
    await using emulator = await startEmulator({ accounts: accountsAllowing('ecr:GetRegistryPolicy') })
    const Statement = [{ Effect: 'Allow', Principal: { AWS: account }, Action: 'ecr:*', Resource: '*' }]
    const text = JSON.stringify({ Version: '2012-10-17', Statement })
    await emulator.deps.store.registryPolicies.put({ account, region: 'us-east-1' }, 'policy', { text })
    await expect(emulator.ecr.send(createTemplate())).rejects.toMatchObject(denied(create, '*'))
  })
})
