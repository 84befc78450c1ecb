import {
  UpdateRepositoryCreationTemplateCommand,
  type UpdateRepositoryCreationTemplateCommandInput,
} from '@aws-sdk/client-ecr'
import { describe, expect, it } from 'vitest'
import { accountsPassingRoles } from '../../support/access.js'
import { account, now, startEmulator } from '../../support/emulator.js'
import { allowing } from '../../support/registry.js'
import { createTemplate } from '../../support/templates.js'

const update = (input: Partial<UpdateRepositoryCreationTemplateCommandInput> = {}) =>
  new UpdateRepositoryCreationTemplateCommand({ prefix: 'prod', ...input })
const repositoryPolicy = JSON.stringify({
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Principal: { AWS: account }, Action: 'ecr:BatchGetImage' }],
})
const lifecyclePolicy = JSON.stringify({
  rules: [
    {
      rulePriority: 1,
      selection: { tagStatus: 'any', countType: 'imageCountMoreThan', countNumber: 5 },
      action: { type: 'expire' },
    },
  ],
})
const full = {
  prefix: 'prod',
  appliedFor: ['PULL_THROUGH_CACHE' as const],
  description: 'before',
  encryptionConfiguration: { encryptionType: 'KMS' as const, kmsKey: `arn:aws:kms:us-east-1:${account}:key/1234abcd` },
  resourceTags: [{ Key: 'team', Value: 'a' }],
  imageTagMutability: 'IMMUTABLE_WITH_EXCLUSION' as const,
  imageTagMutabilityExclusionFilters: [{ filterType: 'WILDCARD' as const, filter: 'latest' }],
  repositoryPolicy,
  lifecyclePolicy,
  customRoleArn: `arn:aws:iam::${account}:role/templates`,
}

/** An emulator with the full template, a minute after it was created. */
async function withTemplate() {
  const emulator = await startEmulator({ accounts: accountsPassingRoles })
  await emulator.ecr.send(createTemplate(full))
  const later = await emulator.deps.clock.advance(60)
  return { emulator, later, [Symbol.asyncDispose]: () => emulator[Symbol.asyncDispose]() }
}

describe('UpdateRepositoryCreationTemplate', () => {
  it.each<[string, Partial<UpdateRepositoryCreationTemplateCommandInput>]>([
    ['nothing', {}],
    ['the description', { description: 'after' }],
    ['the resource tags', { resourceTags: [{ Key: 'environment', Value: 'test' }] }],
    ['what it is applied for', { appliedFor: ['REPLICATION', 'CREATE_ON_PUSH'] }],
    ['the encryption', { encryptionConfiguration: { encryptionType: 'AES256' } }],
    ['the repository policy', { repositoryPolicy: repositoryPolicy.replace('BatchGetImage', 'PutImage') }],
    ['the lifecycle policy', { lifecyclePolicy: lifecyclePolicy.replace('5', '50') }],
    ['the role', { customRoleArn: `arn:aws:iam::${account}:role/others` }],
    [
      'the exclusion filters',
      { imageTagMutabilityExclusionFilters: [{ filterType: 'WILDCARD' as const, filter: 'dev-*' }] },
    ],
    ['the mutability with other filters', { imageTagMutability: 'MUTABLE_WITH_EXCLUSION' }],
  ])('UpdateRepositoryCreationTemplate changes %s and leaves the rest', async (_, given) => {
    await using template = await withTemplate()
    const { registryId, repositoryCreationTemplate } = await template.emulator.ecr.send(update(given))
    expect(registryId).toBe(account)
    expect(repositoryCreationTemplate).toEqual({ ...full, ...given, createdAt: now, updatedAt: template.later })
  })

  it('UpdateRepositoryCreationTemplate drops the exclusion filters with a mutability that has none', async () => {
    await using template = await withTemplate()
    const { repositoryCreationTemplate } = await template.emulator.ecr.send(update({ imageTagMutability: 'IMMUTABLE' }))
    expect(repositoryCreationTemplate).toMatchObject({ imageTagMutability: 'IMMUTABLE' })
    expect(repositoryCreationTemplate).not.toHaveProperty('imageTagMutabilityExclusionFilters')
  })

  it.each(['description', 'repositoryPolicy', 'lifecyclePolicy', 'customRoleArn'] as const)(
    'UpdateRepositoryCreationTemplate removes %s if it is empty',
    async (member) => {
      await using template = await withTemplate()
      const { repositoryCreationTemplate } = await template.emulator.ecr.send(update({ [member]: '' }))
      const rest = Object.fromEntries(Object.entries(full).filter(([name]) => name !== member))
      expect(repositoryCreationTemplate).toEqual({ ...rest, createdAt: now, updatedAt: template.later })
    },
  )

  it('UpdateRepositoryCreationTemplate removes the resource tags if the list is empty', async () => {
    await using template = await withTemplate()
    const { repositoryCreationTemplate } = await template.emulator.ecr.send(update({ resourceTags: [] }))
    expect(repositoryCreationTemplate).not.toHaveProperty('resourceTags')
  })

  it.each([
    [{ repositoryPolicy: '{}' }, 'PolicyText', 'Invalid repository policy provided'],
    [
      { lifecyclePolicy: '{}' },
      'LifecyclePolicyText',
      'Lifecycle policy validation failure: object has missing required properties (["rules"])',
    ],
    [
      {
        imageTagMutability: 'MUTABLE' as const,
        imageTagMutabilityExclusionFilters: full.imageTagMutabilityExclusionFilters,
      },
      'imageTagMutabilityExclusionFilters',
      'ImageTagMutabilityExclusionFilters must be null when imageTagMutability is set as MUTABLE',
    ],
    [
      { customRoleArn: `arn:aws:iam::${account}:user/developer` },
      'customRoleArn',
      `must be the ARN of a role of account ${account}`,
    ],
  ])('UpdateRepositoryCreationTemplate refuses %j and changes nothing', async (given, member, constraint) => {
    await using template = await withTemplate()
    await expect(template.emulator.ecr.send(update({ description: 'after', ...given }))).rejects.toMatchObject({
      name: 'InvalidParameterException',
      message: `Invalid parameter at '${member}' failed to satisfy constraint: '${constraint}'`,
    })
    const { creationTemplates } = template.emulator.deps.store
    expect(await creationTemplates.get({ account, region: 'us-east-1' }, 'prod')).toMatchObject({
      description: 'before',
      updatedAt: now.getTime(),
    })
  })

  it('UpdateRepositoryCreationTemplate finds the template with a slash at the end of its prefix', async () => {
    await using template = await withTemplate()
    await expect(template.emulator.ecr.send(update({ prefix: 'prod/', description: 'after' }))).resolves.toMatchObject({
      repositoryCreationTemplate: { prefix: 'prod', description: 'after' },
    })
  })

  it('UpdateRepositoryCreationTemplate refuses a prefix without a template', async () => {
    await using emulator = await startEmulator()
    await expect(emulator.ecr.send(update())).rejects.toMatchObject({
      name: 'TemplateNotFoundException',
      message:
        "The specified repository creation template can't be found. Verify the registry ID and prefix and try again.",
    })
  })

  it('UpdateRepositoryCreationTemplate needs the permissions of what it changes', async () => {
    const policies = [allowing(['ecr:UpdateRepositoryCreationTemplate', 'ecr:CreateRepository'])]
    const users = { developer: { accessKeys: { AKIDEXAMPLE: 'secret' }, policies } }
    await using emulator = await startEmulator({ accounts: { [account]: { users } } })
    for (const [given, action] of [
      [{ lifecyclePolicy }, 'ecr:PutLifecyclePolicy'],
      [{ repositoryPolicy }, 'ecr:SetRepositoryPolicy'],
      [{ customRoleArn: full.customRoleArn }, 'iam:PassRole'],
    ] as const)
      await expect(emulator.ecr.send(update(given))).rejects.toMatchObject({
        name: 'AccessDeniedException',
        message: expect.stringContaining(`is not authorized to perform: ${action} on resource: `) as string,
      })
    const removing = { lifecyclePolicy: '', repositoryPolicy: '', customRoleArn: '' }
    await expect(emulator.ecr.send(update(removing))).rejects.toMatchObject({ name: 'TemplateNotFoundException' })
  })
})
