import {
  CreateRepositoryCommand,
  DeleteRepositoryCommand,
  DescribeRepositoriesCommand,
  type ECRClient,
  GetAuthorizationTokenCommand,
  ListImagesCommand,
  PutAccountSettingCommand,
  PutRegistryPolicyCommand,
  SetRepositoryPolicyCommand,
  TagResourceCommand,
  UntagResourceCommand,
} from '@aws-sdk/client-ecr'
import { request } from 'undici'
import aws4 from 'aws4'
import { describe, expect, it } from 'vitest'
import type { Accounts } from '../../src/access/credentials.js'
import { imageNotFoundFailure } from '../../src/registry/images/find-image.js'
import { batchImport } from '../support/batch-import.js'
import { account, region, startEmulator } from '../support/emulator.js'
import { createRepository } from '../support/push.js'
import { createRule } from '../support/rules.js'

const other = '444455556666'
const userArn = `arn:aws:iam::${account}:user/dev`
const guestArn = `arn:aws:iam::${other}:user/guest`
const repositoryArn = (name: string, inRegion = region) => `arn:aws:ecr:${inRegion}:${account}:repository/${name}`
const allow = (Action: string | string[], rest: object = {}) => ({ Effect: 'Allow', Action, Resource: '*', ...rest })
const document = (...Statement: object[]) => ({ Version: '2012-10-17', Statement })
const granting = (Action: string, AWS = userArn) => allow(Action, { Principal: { AWS } })
const full = 'AmazonEC2ContainerRegistryFullAccess'

/** An emulator with an administrator, `dev` with these statements and `guest` of another account with full access. */
async function emulatorFor(...statements: object[]) {
  const key = (id: string) => ({ accessKeys: { [id]: 'secret' } })
  const accounts: Accounts = {
    [account]: {
      users: {
        developer: { ...key('AKIDEXAMPLE'), policies: [full] },
        dev: { ...key('AKIDDEV'), policies: [document(...statements)] },
      },
    },
    [other]: { users: { guest: { ...key('AKIDGUEST'), policies: [full] } } },
  }
  const emulator = await startEmulator({
    accounts,
    importer: {
      pull: unavailable,
      importImage: async ({ imageId }) => imageNotFoundFailure(imageId),
      refreshReferrers: async () => ({}),
    },
  })
  const { ecr } = emulator
  return {
    ...emulator,
    dev: emulator.as('AKIDDEV'),
    guest: emulator.as('AKIDGUEST'),
    putRegistryPolicy: (...policy: object[]) =>
      ecr.send(new PutRegistryPolicyCommand({ policyText: JSON.stringify(document(...policy)) })),
    /** Sets a repository policy, whose statements name no resource. */
    setRepositoryPolicy: async (repositoryName: string, ...policy: object[]) => {
      await createRepository(ecr, repositoryName)
      const policyText = JSON.stringify(document(...policy.map((statement) => ({ ...statement, Resource: undefined }))))
      await ecr.send(new SetRepositoryPolicyCommand({ repositoryName, policyText }))
    },
  }
}

function unavailable(): never {
  throw new Error('nothing is pulled here')
}

/** Whether a call is answered; only AccessDeniedException counts as no. */
const may = (call: Promise<unknown>) =>
  call.then(
    () => true,
    (error: unknown) => {
      if ((error as Error).name !== 'AccessDeniedException') throw error
      return false
    },
  )
const create = (repositoryName: string, rest: object = {}) => new CreateRepositoryCommand({ repositoryName, ...rest })
const denial = (action: string, resource: string, reason: string, arn = userArn) => ({
  name: 'AccessDeniedException',
  message: `User: ${arn} is not authorized to perform: ${action} on resource: ${resource} ${reason}`,
})

describe('CreatePullThroughCacheRule', () => {
  const action = 'ecr:CreatePullThroughCacheRule'
  const refused = denial(action, '*', `because no identity-based policy allows the ${action} action`)

  it('CreatePullThroughCacheRule is granted by an identity-based policy', async () => {
    await using emulator = await emulatorFor(allow(action))
    await expect(emulator.dev.send(createRule())).resolves.toMatchObject({ ecrRepositoryPrefix: 'ecr-public' })
  })

  it('CreatePullThroughCacheRule is not granted by a registry policy', async () => {
    await using emulator = await emulatorFor()
    await emulator.putRegistryPolicy(granting('ecr:*'))
    await expect(emulator.dev.send(createRule())).rejects.toMatchObject(refused)
  })

  it('CreatePullThroughCacheRule is not granted by a repository policy', async () => {
    await using emulator = await emulatorFor()
    await emulator.setRepositoryPolicy('ecr-public/app', granting('ecr:*'))
    await expect(emulator.dev.send(createRule())).rejects.toMatchObject(refused)
  })
})

describe('BatchImportUpstreamImage', () => {
  const action = 'ecr:BatchImportUpstreamImage'
  const repositoryName = 'ecr-public/app'
  const bring = (ecr: ECRClient) => batchImport(ecr, { repositoryName, imageIds: [{ imageTag: 'latest' }] })

  it('BatchImportUpstreamImage is granted by an identity-based, a registry or a repository policy', async () => {
    await using byIdentity = await emulatorFor(allow(action))
    await using byRegistry = await emulatorFor()
    await byRegistry.putRegistryPolicy(granting(action))
    await using byRepository = await emulatorFor()
    await byRepository.setRepositoryPolicy(repositoryName, granting(action))
    await using nowhere = await emulatorFor()
    expect(await may(bring(byIdentity.dev))).toBe(true)
    expect(await may(bring(byRegistry.dev))).toBe(true)
    expect(await may(bring(byRepository.dev))).toBe(true)
    await expect(bring(nowhere.dev)).rejects.toMatchObject(
      denial(action, repositoryArn(repositoryName), `because no identity-based policy allows the ${action} action`),
    )
  })
})

describe('CreateRepository', () => {
  it('CreateRepository is granted by an identity-based policy or by the registry policy', async () => {
    await using byIdentity = await emulatorFor(allow('ecr:CreateRepository'))
    await using byRegistry = await emulatorFor()
    await byRegistry.putRegistryPolicy(granting('ecr:CreateRepository'))
    expect(await may(byIdentity.dev.send(create('team/app')))).toBe(true)
    expect(await may(byRegistry.dev.send(create('team/app')))).toBe(true)
  })

  it('CreateRepository is not granted by a repository policy, even if the repository has one', async () => {
    await using emulator = await emulatorFor()
    await emulator.setRepositoryPolicy('team/app', granting('ecr:*'))
    await expect(emulator.dev.send(create('team/app'))).rejects.toMatchObject(
      denial(
        'ecr:CreateRepository',
        repositoryArn('team/app'),
        'because no identity-based policy allows the ecr:CreateRepository action',
      ),
    )
  })
})

it('The bare statement of the user guide grants its actions on its repositories and nothing else', async () => {
  await using emulator = await emulatorFor()
  const policyText = JSON.stringify({
    Sid: 'AllowPullThroughCache',
    ...granting('unused'),
    Action: ['ecr:CreateRepository', 'ecr:BatchImportUpstreamImage'],
    Resource: repositoryArn('ecr-public/*'),
  })
  await emulator.ecr.send(new PutRegistryPolicyCommand({ policyText }))
  expect(await may(emulator.dev.send(create('ecr-public/app')))).toBe(true)
  expect(await may(emulator.dev.send(create('quay/app')))).toBe(false)
  expect(await may(emulator.dev.send(new ListImagesCommand({ repositoryName: 'ecr-public/app' })))).toBe(false)
})

describe('account setting REGISTRY_POLICY_SCOPE', () => {
  it('A change of the account setting REGISTRY_POLICY_SCOPE takes effect at once', async () => {
    await using emulator = await emulatorFor()
    await emulator.putRegistryPolicy(granting('ecr:*'))
    const scope = (value: string) =>
      emulator.ecr.send(new PutAccountSettingCommand({ name: 'REGISTRY_POLICY_SCOPE', value }))
    const both = async (name: string) => [
      await may(emulator.dev.send(create(name))),
      await may(emulator.dev.send(new DescribeRepositoriesCommand({}))),
    ]
    expect(await both('team/a')).toEqual([true, true])
    await scope('V1')
    expect(await both('team/b')).toEqual([true, false])
    await scope('V2')
    expect(await both('team/c')).toEqual([true, true])
  })
})

describe('caller of another account', () => {
  it('A caller of another account also needs a resource-based policy, and the refusal says so', async () => {
    await using emulator = await emulatorFor()
    const list = new DescribeRepositoriesCommand({ registryId: account })
    const action = 'ecr:DescribeRepositories'
    await expect(emulator.guest.send(list)).rejects.toMatchObject(
      denial(action, repositoryArn('*'), `because no resource-based policy allows the ${action} action`, guestArn),
    )
    await emulator.putRegistryPolicy(granting(action, guestArn))
    await expect(emulator.guest.send(list)).resolves.toMatchObject({ repositories: [] })
  })

  it('A repository policy grants another account actions on that repository only', async () => {
    await using emulator = await emulatorFor()
    await createRepository(emulator.ecr, 'team/other')
    await emulator.setRepositoryPolicy('team/app', granting('ecr:ListImages', other))
    const list = (repositoryName: string) =>
      emulator.guest.send(new ListImagesCommand({ registryId: account, repositoryName }))
    expect([await may(list('team/app')), await may(list('team/other'))]).toEqual([true, false])
  })

  it('A caller of another account logs in with the permission of its own account alone', async () => {
    await using emulator = await emulatorFor()
    const login = new GetAuthorizationTokenCommand({ registryIds: [account] })
    await expect(emulator.guest.send(login)).resolves.toMatchObject({ authorizationData: [{}] })
    await expect(emulator.dev.send(login)).rejects.toMatchObject(
      denial(
        'ecr:GetAuthorizationToken',
        '*',
        'because no identity-based policy allows the ecr:GetAuthorizationToken action',
      ),
    )
  })

  it('A caller of another account cannot name the registry in an operation without registryId', async () => {
    await using emulator = await emulatorFor()
    await emulator.putRegistryPolicy(granting('ecr:*', guestArn))
    const { host } = new URL(emulator.endpoint)
    const policyText = JSON.stringify(document(granting('ecr:*', guestArn)))
    const body = JSON.stringify({ registryId: account, policyText })
    const headers = {
      'content-type': 'application/x-amz-json-1.1',
      'x-amz-target': 'AmazonEC2ContainerRegistry_V20150921.PutRegistryPolicy',
    }
    const options = { host, method: 'POST', path: '/', service: 'ecr', region, headers, body }
    const signed = aws4.sign(options, { accessKeyId: 'AKIDGUEST', secretAccessKey: 'secret' })
    const sent = { method: 'POST' as const, headers: signed.headers as Record<string, string>, body }
    const answer = await request(emulator.endpoint, sent)
    expect(await answer.body.json()).toMatchObject({ registryId: other })
  })
})

describe('tags', () => {
  const tags = [
    { Key: 'team', Value: 'a' },
    { Key: 'stage', Value: 'test' },
  ]

  it('Tags on a new repository need ecr:TagResource in addition to ecr:CreateRepository', async () => {
    await using emulator = await emulatorFor(allow('ecr:CreateRepository'))
    expect(await may(emulator.dev.send(create('team/untagged')))).toBe(true)
    await expect(emulator.dev.send(create('team/app', { tags }))).rejects.toMatchObject(
      denial(
        'ecr:TagResource',
        repositoryArn('team/app'),
        'because no identity-based policy allows the ecr:TagResource action',
      ),
    )
    await using tagging = await emulatorFor(allow(['ecr:CreateRepository', 'ecr:TagResource']))
    expect(await may(tagging.dev.send(create('team/app', { tags })))).toBe(true)
  })

  it('The condition keys aws:RequestTag and aws:TagKeys read the tags of a request', async () => {
    const Condition = {
      StringEquals: { 'aws:RequestTag/team': 'a' },
      'ForAllValues:StringEquals': { 'aws:TagKeys': ['team', 'stage'] },
    }
    await using emulator = await emulatorFor(allow(['ecr:CreateRepository', 'ecr:*agResource'], { Condition }))
    const created = (name: string, ...given: object[]) => may(emulator.dev.send(create(name, { tags: given })))
    expect(await created('team/a', ...tags)).toBe(true)
    expect(await created('team/b', { Key: 'team', Value: 'b' })).toBe(false)
    expect(await created('team/c', ...tags, { Key: 'owner', Value: 'me' })).toBe(false)
    expect(await created('team/d')).toBe(false)
    const tag = (...given: typeof tags) =>
      may(emulator.dev.send(new TagResourceCommand({ resourceArn: repositoryArn('team/a'), tags: given })))
    expect([await tag(...tags), await tag({ Key: 'team', Value: 'b' })]).toEqual([true, false])
  })

  it('The condition key aws:TagKeys reads the tag keys of UntagResource', async () => {
    const Condition = { 'ForAllValues:StringEquals': { 'aws:TagKeys': ['stage'] } }
    await using emulator = await emulatorFor(allow('ecr:UntagResource', { Condition }))
    await emulator.ecr.send(create('team/app', { tags }))
    const untag = (...tagKeys: string[]) =>
      may(emulator.dev.send(new UntagResourceCommand({ resourceArn: repositoryArn('team/app'), tagKeys })))
    expect([await untag('stage'), await untag('stage', 'team')]).toEqual([true, false])
  })

  it('The condition keys aws:ResourceTag and ecr:ResourceTag read the current tags of a repository', async () => {
    const by = (key: string) => allow('ecr:DeleteRepository', { Condition: { StringEquals: { [key]: 'a' } } })
    for (const key of ['aws:ResourceTag/team', 'ecr:ResourceTag/team']) {
      await using emulator = await emulatorFor(by(key))
      await createRepository(emulator.ecr, 'team/app')
      const remove = () => may(emulator.dev.send(new DeleteRepositoryCommand({ repositoryName: 'team/app' })))
      expect(await remove()).toBe(false)
      await emulator.ecr.send(new TagResourceCommand({ resourceArn: repositoryArn('team/app'), tags }))
      expect(await remove()).toBe(true)
    }
  })
})

describe('conditions on the request itself', () => {
  const listed = (ecr: ECRClient) => may(ecr.send(new DescribeRepositoriesCommand({})))
  it.each([
    [
      'aws:SourceIp',
      { IpAddress: { 'aws:SourceIp': '127.0.0.0/8' } },
      { IpAddress: { 'aws:SourceIp': '192.0.2.0/24' } },
    ],
    ['aws:SecureTransport', { Bool: { 'aws:SecureTransport': false } }, { Bool: { 'aws:SecureTransport': true } }],
    [
      'aws:RequestedRegion',
      { StringEquals: { 'aws:RequestedRegion': region } },
      { StringEquals: { 'aws:RequestedRegion': 'eu-west-1' } },
    ],
    [
      'aws:UserAgent',
      { StringLike: { 'aws:UserAgent': 'aws-sdk-js/3*' } },
      { StringLike: { 'aws:UserAgent': 'Boto*' } },
    ],
  ])('The condition key %s reads the connection or the signature', async (_, holding, failing) => {
    await using held = await emulatorFor(allow('ecr:*', { Condition: holding }))
    await using failed = await emulatorFor(allow('ecr:*', { Condition: failing }))
    expect([await listed(held.dev), await listed(failed.dev)]).toEqual([true, false])
  })

  it('The condition key aws:CurrentTime reads the clock of the emulator', async () => {
    const Condition = { DateLessThan: { 'aws:CurrentTime': '2026-01-02T04:00:00Z' } }
    await using emulator = await emulatorFor(allow('ecr:*', { Condition }))
    expect(await listed(emulator.dev)).toBe(true)
    await emulator.deps.clock.advance(3600)
    expect(await listed(emulator.dev)).toBe(false)
  })
})

describe('record of a call', () => {
  it('The record of a call holds its end and its refusal at the time of the emulator', async () => {
    await using emulator = await emulatorFor()
    const { decisions } = emulator.deps
    await emulator.ecr.send(new DescribeRepositoriesCommand({}))
    await emulator.dev.send(new DescribeRepositoriesCommand({})).catch(() => undefined)
    await emulator.ecr.send(create('No')).catch(() => undefined)
    const at = emulator.deps.clock.now().then((now) => now.getTime())
    const idOf = (n: number) => `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`
    const ends = [1, 2, 3].map((n) => decisions.find(idOf(n))?.end)
    expect(ends).toEqual([
      { at: await at, plane: 'control', operation: 'DescribeRepositories' },
      {
        ...{ at: await at, plane: 'control', operation: 'DescribeRepositories' },
        refusal: {
          code: 'AccessDeniedException',
          message: denial(
            'ecr:DescribeRepositories',
            repositoryArn('*'),
            'because no identity-based policy allows the ecr:DescribeRepositories action',
          ).message,
        },
      },
      expect.objectContaining({
        operation: 'CreateRepository',
        refusal: expect.objectContaining({ code: 'InvalidParameterException' }),
      }),
    ])
    expect(decisions.find(idOf(2))?.decisions).toHaveLength(1)
  })
})
