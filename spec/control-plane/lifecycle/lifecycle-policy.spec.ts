import {
  DeleteLifecyclePolicyCommand,
  DeleteRepositoryCommand,
  GetLifecyclePolicyCommand,
  PutLifecyclePolicyCommand,
  SetRepositoryPolicyCommand,
} from '@aws-sdk/client-ecr'
import { describe, expect, it } from 'vitest'
import { account, region, startEmulator } from '../../support/emulator.js'
import { createRepository } from '../../support/push.js'

const repositoryName = 'team/app'
const registry = { account, region }

const policy = (countNumber: number) => `{
  "rules": [ {
    "rulePriority": 1,
    "selection": { "tagStatus": "untagged", "countType": "imageCountMoreThan", "countNumber": ${countNumber} },
    "action": { "type": "expire" }
  } ]
}`
const compacted = (text: string) => text.replaceAll(/\s/g, '')

const noRepository = {
  name: 'RepositoryNotFoundException',
  message: `The repository with name 'other' does not exist in the registry with id '${account}'`,
}
const noPolicy = {
  name: 'LifecyclePolicyNotFoundException',
  message: `Lifecycle policy does not exist for the repository with name '${repositoryName}' in the registry with id '${account}'`,
}

/** Policies that CDK's bootstrap, Terraform modules and the user guide put, in their spelling. */
const USUAL_POLICIES = {
  'the bootstrap of CDK':
    '{"rules":[{"rulePriority":1,"description":"Untagged images should not exist, but expire any older than one year","selection":{"tagStatus":"untagged","countType":"sinceImagePushed","countUnit":"days","countNumber":365},"action":{"type":"expire"}}]}',
  'a Repository of CDK':
    '{"rules":[{"rulePriority":1,"selection":{"tagStatus":"tagged","tagPrefixList":["prod"],"countType":"imageCountMoreThan","countNumber":9999},"action":{"type":"expire"}},{"rulePriority":2,"selection":{"tagStatus":"any","countType":"sinceImagePushed","countNumber":30,"countUnit":"days"},"action":{"type":"expire"}}]}',
  'jsonencode of Terraform, whose keys are sorted':
    '{"rules":[{"action":{"type":"expire"},"description":"Keep last 30 images","rulePriority":1,"selection":{"countNumber":30,"countType":"imageCountMoreThan","tagPrefixList":["v"],"tagStatus":"tagged"}}]}',
  'the cloudposse module':
    '{"rules":[{"action":{"type":"expire"},"description":"Remove untagged images","rulePriority":1,"selection":{"countNumber":1,"countType":"imageCountMoreThan","tagStatus":"untagged"}},{"action":{"type":"expire"},"description":"Rotate images when reach 500 images stored","rulePriority":2,"selection":{"countNumber":500,"countType":"imageCountMoreThan","tagStatus":"any"}}]}',
  'the archive of the provider’s acceptance tests':
    '{"rules":[{"rulePriority":1,"description":"Archive images not pulled in 90 days","selection":{"tagStatus":"any","countType":"sinceImagePulled","countUnit":"days","countNumber":90},"action":{"type":"transition","targetStorageClass":"archive"}},{"rulePriority":2,"description":"Delete images archived for more than 365 days","selection":{"tagStatus":"any","storageClass":"archive","countType":"sinceImageTransitioned","countUnit":"days","countNumber":365},"action":{"type":"expire"}}]}',
}

async function startWithRepository() {
  const emulator = await startEmulator()
  await createRepository(emulator.ecr, repositoryName)
  const put = (lifecyclePolicyText: string) =>
    emulator.ecr.send(new PutLifecyclePolicyCommand({ repositoryName, lifecyclePolicyText }))
  const get = () => emulator.ecr.send(new GetLifecyclePolicyCommand({ repositoryName }))
  return { ...emulator, put, get }
}

describe('The lifecycle policy of a repository', () => {
  it('is put, read and deleted', async () => {
    await using emulator = await startWithRepository()
    const { ecr, put, get } = emulator
    const facts = { registryId: account, repositoryName, lifecyclePolicyText: compacted(policy(3)) }

    expect(await put(policy(3))).toMatchObject(facts)
    expect(await get()).toMatchObject({ ...facts, lastEvaluatedAt: new Date(0) })
    expect(await ecr.send(new DeleteLifecyclePolicyCommand({ repositoryName }))).toMatchObject({
      ...facts,
      lastEvaluatedAt: new Date(0),
    })
    await expect(get()).rejects.toMatchObject(noPolicy)
    await expect(ecr.send(new DeleteLifecyclePolicyCommand({ repositoryName }))).rejects.toMatchObject(noPolicy)
  })

  it('is replaced by a new one, which has not been evaluated', async () => {
    await using emulator = await startWithRepository()
    await emulator.put(policy(3))
    await emulator.deps.store.lifecyclePolicies.update(registry, repositoryName, (stored) => ({
      ...stored,
      lastEvaluatedAt: 1_000_000,
    }))
    expect((await emulator.get()).lastEvaluatedAt).toEqual(new Date(1_000_000))

    await emulator.put(policy(4))
    expect(await emulator.get()).toMatchObject({
      lifecyclePolicyText: compacted(policy(4)),
      lastEvaluatedAt: new Date(0),
    })
  })

  it('is deleted with its repository', async () => {
    await using emulator = await startWithRepository()
    await emulator.put(policy(3))
    await emulator.ecr.send(new DeleteRepositoryCommand({ repositoryName }))
    await createRepository(emulator.ecr, repositoryName)
    await expect(emulator.get()).rejects.toMatchObject(noPolicy)
  })

  it.each(Object.entries(USUAL_POLICIES))('comes back as it was put by %s', async (_, text) => {
    await using emulator = await startWithRepository()
    expect((await emulator.put(text)).lifecyclePolicyText).toBe(text)
    expect((await emulator.get()).lifecyclePolicyText).toBe(text)
  })
})

describe('Access to the lifecycle policy of a repository', () => {
  const other = '444455556666'
  const accounts = {
    [account]: {
      users: {
        developer: { accessKeys: { AKIDEXAMPLE: 'secret' }, policies: ['AmazonEC2ContainerRegistryFullAccess'] },
        reader: { accessKeys: { AKIDREADER: 'secret' }, policies: ['AmazonEC2ContainerRegistryReadOnly'] },
      },
    },
    [other]: {
      users: { guest: { accessKeys: { AKIDGUEST: 'secret' }, policies: ['AmazonEC2ContainerRegistryFullAccess'] } },
    },
  }

  it('is permitted by action: a reader may read it, but not change it', async () => {
    await using emulator = await startEmulator({ accounts })
    await createRepository(emulator.ecr, repositoryName)
    const lifecyclePolicyText = policy(3)
    await emulator.ecr.send(new PutLifecyclePolicyCommand({ repositoryName, lifecyclePolicyText }))
    const reader = emulator.as('AKIDREADER')
    await expect(reader.send(new GetLifecyclePolicyCommand({ repositoryName }))).resolves.toMatchObject({})
    await expect(
      reader.send(new PutLifecyclePolicyCommand({ repositoryName, lifecyclePolicyText })),
    ).rejects.toMatchObject({
      name: 'AccessDeniedException',
      message: `User: arn:aws:iam::${account}:user/reader is not authorized to perform: ecr:PutLifecyclePolicy on resource: arn:aws:ecr:${region}:${account}:repository/${repositoryName} because no identity-based policy allows the ecr:PutLifecyclePolicy action`,
    })
    await expect(reader.send(new DeleteLifecyclePolicyCommand({ repositoryName }))).rejects.toMatchObject({
      name: 'AccessDeniedException',
    })
  })

  it('is given to another account by the repository policy', async () => {
    await using emulator = await startEmulator({ accounts })
    await createRepository(emulator.ecr, repositoryName)
    const guest = emulator.as('AKIDGUEST')
    const lifecyclePolicyText = policy(3)
    const put = () =>
      guest.send(new PutLifecyclePolicyCommand({ registryId: account, repositoryName, lifecyclePolicyText }))
    await expect(put()).rejects.toMatchObject({ name: 'AccessDeniedException' })
    const statement = { Effect: 'Allow', Principal: { AWS: other }, Action: 'ecr:PutLifecyclePolicy' }
    const policyText = JSON.stringify({ Version: '2012-10-17', Statement: [statement] })
    await emulator.ecr.send(new SetRepositoryPolicyCommand({ repositoryName, policyText }))
    expect(await put()).toMatchObject({ registryId: account, lifecyclePolicyText: compacted(policy(3)) })
    expect(await emulator.deps.store.lifecyclePolicies.get(registry, repositoryName)).toBeDefined()
    await expect(
      guest.send(new GetLifecyclePolicyCommand({ registryId: account, repositoryName })),
    ).rejects.toMatchObject({ name: 'AccessDeniedException' })
  })
})

describe('A lifecycle policy is refused', () => {
  it('for a repository that does not exist, even if the policy is wrong', async () => {
    await using emulator = await startWithRepository()
    const { ecr } = emulator
    const other = { repositoryName: 'other' }
    const lifecyclePolicyText = '{}'.padEnd(100)
    await expect(ecr.send(new PutLifecyclePolicyCommand({ ...other, lifecyclePolicyText }))).rejects.toMatchObject(
      noRepository,
    )
    await expect(ecr.send(new GetLifecyclePolicyCommand(other))).rejects.toMatchObject(noRepository)
    await expect(ecr.send(new DeleteLifecyclePolicyCommand(other))).rejects.toMatchObject(noRepository)
  })

  it('in the words of the validator, and the old one stays', async () => {
    await using emulator = await startWithRepository()
    await emulator.put(policy(3))
    await expect(emulator.put(policy(0))).rejects.toMatchObject({
      name: 'InvalidParameterException',
      message:
        "Invalid parameter at 'LifecyclePolicyText' failed to satisfy constraint: 'Lifecycle policy validation failure: numeric instance is lower than the required minimum (minimum: 1, found: 0)'",
    })
    expect((await emulator.get()).lifecyclePolicyText).toBe(compacted(policy(3)))
  })

  it.each([
    ['shorter than 100 characters', '{}', 'Member must have length greater than or equal to 100'],
    ['longer than 30,720 characters', ' '.repeat(30_721), 'Member must have length less than or equal to 30720'],
  ])('if it is %s', async (_, text, constraint) => {
    await using emulator = await startWithRepository()
    await expect(emulator.put(text)).rejects.toMatchObject({
      name: 'InvalidParameterException',
      message: `Invalid parameter at 'lifecyclePolicyText' failed to satisfy constraint: '${constraint}'`,
    })
  })
})
