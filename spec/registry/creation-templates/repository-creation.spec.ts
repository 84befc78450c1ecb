import { describe, expect, it } from 'vitest'
import { memoryKeyValue } from '../../../src/adapters/memory/key-value.js'
import type { RepositoryCreationTemplate } from '../../../src/registry/creation-templates/creation-template.js'
import { defaultQuotas } from '../../../src/registry/quotas.js'
import { createRepositoryByService } from '../../../src/registry/repositories/repository-creation.js'
import { newRepository } from '../../../src/registry/repositories/repository.js'
import { storeOf } from '../../../src/store/store-of.js'
import { interleaved } from '../../support/interleaved.js'
import { templateRecord } from '../../support/templates.js'

const registry = { account: '123456789012', region: 'us-east-1' }
const now = new Date('2026-01-02T03:04:05.678Z')
const lifecyclePolicy =
  '{ "rules": [ { "rulePriority": 1, "selection": { "tagStatus": "any", "countType": "imageCountMoreThan", "countNumber": 1 }, "action": { "type": "expire" } } ] }'
const repositoryPolicy = '{ "Version": "2012-10-17", "Statement": [] }'

async function given(template?: Partial<RepositoryCreationTemplate>) {
  const store = storeOf(interleaved(memoryKeyValue()))
  if (template) {
    const record = templateRecord({ prefix: 'ROOT', appliedFor: ['REPLICATION', 'PULL_THROUGH_CACHE'], ...template })
    await store.creationTemplates.put(registry, record.prefix, record)
  }
  const create = (
    reason: 'REPLICATION' | 'PULL_THROUGH_CACHE' | 'CREATE_ON_PUSH' = 'REPLICATION',
    quotas = defaultQuotas,
  ) => createRepositoryByService(store, registry, 'team/app', { reason, now }, quotas)
  const stored = async () => ({
    repository: await store.repositories.get(registry, 'team/app'),
    repositoryPolicy: await store.repositoryPolicies.get(registry, 'team/app'),
    lifecyclePolicy: await store.lifecyclePolicies.get(registry, 'team/app'),
  })
  return { store, create, stored }
}

const defaults = {
  name: 'team/app',
  createdAt: now.getTime(),
  imageTagMutability: 'MUTABLE',
  scanOnPush: false,
  encryption: { encryptionType: 'AES256' },
  tags: [],
}

describe('A repository that ECR creates', () => {
  it.each(['REPLICATION', 'PULL_THROUGH_CACHE'] as const)(
    'A repository created for %s has the default settings and no policies if no template covers it',
    async (reason) => {
      const { create, stored } = await given()
      expect(await create(reason)).toBe(true)
      expect(await stored()).toEqual({ repository: defaults, repositoryPolicy: undefined, lifecyclePolicy: undefined })
    },
  )

  it.each(['REPLICATION', 'PULL_THROUGH_CACHE'] as const)(
    'A repository created for %s has the settings and both policies of its template',
    async (reason) => {
      const { create, stored } = await given({ imageTagMutability: 'IMMUTABLE', repositoryPolicy, lifecyclePolicy })
      expect(await create(reason)).toBe(true)
      expect(await stored()).toEqual({
        repository: { ...defaults, imageTagMutability: 'IMMUTABLE' },
        repositoryPolicy: { text: repositoryPolicy },
        lifecyclePolicy: {
          repository: 'team/app',
          text: lifecyclePolicy.replaceAll(' ', ''),
          putAt: now.getTime(),
          lastEvaluatedAt: 0,
        },
      })
    },
  )

  it('A repository is not created by a push that no template is applied for', async () => {
    const { create, stored } = await given({})
    await expect(create('CREATE_ON_PUSH')).rejects.toMatchObject({
      code: 'RepositoryNotFoundException',
      message: "The repository with name 'team/app' does not exist in the registry with id '123456789012'",
    })
    expect((await stored()).repository).toBeUndefined()
  })

  it('An existing repository is not changed by a template', async () => {
    const { store, create, stored } = await given({ repositoryPolicy, lifecyclePolicy })
    await store.repositories.put(
      registry,
      'team/app',
      newRepository('team/app', now, { imageTagMutability: 'IMMUTABLE' }),
    )
    expect(await create()).toBe(false)
    expect(await stored()).toMatchObject({
      repository: { imageTagMutability: 'IMMUTABLE' },
      lifecyclePolicy: undefined,
    })
  })

  it('Of many creations at once one creates the repository', async () => {
    const { create } = await given({ repositoryPolicy, lifecyclePolicy })
    const outcomes = await Promise.all(Array.from({ length: 10 }, () => create()))
    expect(outcomes.filter(Boolean)).toHaveLength(1)
  })

  it('A template that changes while it is applied is applied as a whole', async () => {
    const { store, create, stored } = await given({
      description: 'old',
      imageTagMutability: 'IMMUTABLE',
      lifecyclePolicy,
    })
    const change = store.creationTemplates.put(
      registry,
      'ROOT',
      templateRecord({ prefix: 'ROOT', appliedFor: ['REPLICATION'], repositoryPolicy }),
    )
    await Promise.all([create(), change])
    const { repository, ...policies } = await stored()
    const isOld = repository?.imageTagMutability === 'IMMUTABLE'
    expect(policies).toEqual({
      repositoryPolicy: isOld ? undefined : { text: repositoryPolicy },
      lifecyclePolicy: isOld ? expect.objectContaining({ putAt: now.getTime() }) : undefined,
    })
  })

  it('Nothing of a template is stored at the quota of repositories', async () => {
    const { create, stored } = await given({ repositoryPolicy, lifecyclePolicy })
    await expect(create('REPLICATION', { ...defaultQuotas, repositories: 0 })).rejects.toMatchObject({
      code: 'LimitExceededException',
    })
    expect(await stored()).toEqual({
      repository: undefined,
      repositoryPolicy: undefined,
      lifecyclePolicy: undefined,
    })
  })

  it('Replication is told why a template with resource tags and no role cannot be applied', async () => {
    const { create, stored } = await given({ resourceTags: [{ Key: 'team', Value: 'a' }] })
    await expect(create()).rejects.toMatchObject({
      code: 'RepositoryNotFoundException',
      prefix: 'ROOT',
      reason: 'resource tags need a customRoleArn',
    })
    expect((await stored()).repository).toBeUndefined()
  })
})
