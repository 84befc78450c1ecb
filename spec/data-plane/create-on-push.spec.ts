import { describe, expect, it } from 'vitest'
import { authorizer } from '../../src/access/authorizer.js'
import type { Accounts } from '../../src/access/credentials.js'
import { decisionLog } from '../../src/access/explain/decision-log.js'
import { identitiesIn } from '../../src/access/identities.js'
import { memoryKeyValue } from '../../src/adapters/memory/key-value.js'
import type { RepositoryCreationTemplate } from '../../src/registry/creation-templates/creation-template.js'
import { defaultQuotas } from '../../src/registry/quotas.js'
import { storeOf } from '../../src/store/store-of.js'
import { interleaved } from '../support/interleaved.js'
import { recordedLog } from '../support/recorded-log.js'
import {
  allowing,
  basic,
  errorIn,
  registry,
  type RegistryOptions,
  startedAt,
  startRegistry,
  userOf,
} from '../support/registry.js'
import { templateRecord, trustingEcr } from '../support/templates.js'
import { digestOf, seededBytes } from '../support/upstream-content.js'

const pushing = [
  ...['ecr:BatchCheckLayerAvailability', 'ecr:InitiateLayerUpload', 'ecr:UploadLayerPart', 'ecr:CompleteLayerUpload'],
  ...['ecr:PutImage', 'ecr:BatchGetImage'],
]
const bytes = seededBytes(1000, 'a layer')
const notThere = (name: string) => ({
  code: 'NAME_UNKNOWN',
  message: `The repository with name '${name}' does not exist in the registry with id '123456789012'`,
})
const roleArn = 'arn:aws:iam::123456789012:role/templates'
const policyFor = (account: string) =>
  JSON.stringify({
    Version: '2012-10-17',
    Statement: [{ Effect: 'Allow', Principal: { AWS: account }, Action: pushing }],
  })

/** A registry with one template for pushes to `prod/…`. */
async function registryWith(template: Partial<RepositoryCreationTemplate> = {}, options: RegistryOptions = {}) {
  const running = await startRegistry(options)
  const { store } = running.deps
  await store.creationTemplates.put(
    registry,
    template.prefix ?? 'prod',
    templateRecord({ prefix: 'prod', appliedFor: ['CREATE_ON_PUSH'], ...template }),
  )
  const begin = (name: string, query = '', authorization = running.tokenOf()) =>
    running.send('POST', `/v2/${name}/blobs/uploads/${query}`, { headers: { authorization } })
  const repository = (name = 'prod/app') => store.repositories.get(registry, name)
  return { running, store, begin, repository, [Symbol.asyncDispose]: () => running[Symbol.asyncDispose]() }
}

describe('A push to a repository that does not exist', () => {
  it('A push creates the repository with the settings of its template, and succeeds', async () => {
    const filters = [
      { filterType: 'WILDCARD', filter: 'dev-*' },
      { filterType: 'WILDCARD', filter: 'a*' },
    ] as const
    await using given = await registryWith({
      imageTagMutability: 'IMMUTABLE_WITH_EXCLUSION',
      imageTagMutabilityExclusionFilters: [...filters],
      repositoryPolicy: policyFor('210987654321'),
    })

    const image = await given.running.push('prod/app', { tag: 'v1' })

    expect(await given.repository()).toEqual({
      name: 'prod/app',
      createdAt: startedAt.getTime(),
      imageTagMutability: 'IMMUTABLE_WITH_EXCLUSION',
      imageTagMutabilityExclusionFilters: filters,
      scanOnPush: false,
      encryption: { encryptionType: 'AES256' },
      tags: [],
    })
    expect(await given.store.repositoryPolicies.get(registry, 'prod/app')).toEqual({ text: policyFor('210987654321') })
    const pulled = await given.running.send('GET', '/v2/prod/app/manifests/v1')
    expect([pulled.status, pulled.headers['docker-content-digest']]).toEqual([200, image.digest])
    const { status, body } = await given.running.putManifest('prod/app', { ...image, bytes: image.bytes }, 'v1')
    expect([status, errorIn({ status, body, headers: {} }).code]).toEqual([400, 'TAG_INVALID'])
  })

  it.each([
    ['the start of an upload', 'POST', '/v2/prod/app/blobs/uploads/', 202],
    ['a whole blob', 'POST', `/v2/prod/app/blobs/uploads/?digest=${digestOf(bytes)}`, 201],
    ['a mount', 'POST', `/v2/prod/app/blobs/uploads/?mount=${digestOf(bytes)}&from=base`, 201],
    ['a mount that becomes an upload', 'POST', `/v2/prod/app/blobs/uploads/?mount=${digestOf(bytes)}`, 202],
    ['a manifest', 'PUT', '/v2/prod/app/manifests/v1', 405],
  ])('%s creates the repository', async (_, method, path, status) => {
    await using given = await registryWith()
    await given.running.createRepository('base')
    await given.running.pushBlob('base', bytes)
    const answer = await given.running.send(method, path, { body: bytes })
    expect(answer.status).toBe(status)
    expect(await given.repository()).toMatchObject({ name: 'prod/app' })
  })

  it.each([
    ['GET', '/v2/prod/app/manifests/v1'],
    ['HEAD', `/v2/prod/app/blobs/${digestOf(bytes)}`],
    ['GET', '/v2/prod/app/tags/list'],
    ['DELETE', '/v2/prod/app/manifests/v1'],
    ['GET', '/v2/prod/app/blobs/uploads/00000000-0000-4000-8000-000000000001'],
    ['PATCH', '/v2/prod/app/blobs/uploads/00000000-0000-4000-8000-000000000001'],
  ])('%s %s creates no repository', async (method, path) => {
    await using given = await registryWith()
    expect((await given.running.send(method, path)).status).toBe(404)
    expect(await given.repository()).toBeUndefined()
  })

  it.each([`?digest=sha256:${'x'.repeat(64)}`, `?mount=sha256:${'x'.repeat(64)}&from=base`])(
    'A push with a malformed digest creates no repository: %s',
    async (query) => {
      await using given = await registryWith()
      const answer = await given.begin('prod/app', query)
      expect([answer.status, errorIn(answer).code]).toEqual([400, 'DIGEST_INVALID'])
      expect(await given.repository()).toBeUndefined()
    },
  )

  it.each([
    ['no template covers it', { prefix: 'prod' }, 'stage/app'],
    ['its template is for pulls and replication', { appliedFor: ['PULL_THROUGH_CACHE', 'REPLICATION'] }, 'prod/app'],
    ['it is named like the prefix, without a slash', { prefix: 'prod' }, 'prod'],
    ['it only begins like the prefix', { prefix: 'prod' }, 'production/app'],
  ] as const)('A push is refused as before if %s', async (_, template, name) => {
    await using given = await registryWith(template)
    for (const answer of [
      await given.begin(name),
      await given.running.send('PUT', `/v2/${name}/manifests/v1`, { body: '{}' }),
    ]) {
      expect(answer.status).toBe(404)
      expect(errorIn(answer)).toEqual(notThere(name))
    }
    expect(await given.repository(name)).toBeUndefined()
  })

  it('A push to any name creates the repository if the template ROOT covers it', async () => {
    await using given = await registryWith({ prefix: 'ROOT' })
    expect((await given.begin('anything')).status).toBe(202)
    expect(await given.repository('anything')).toBeDefined()
  })

  it('Twenty pushes at once create one repository', async () => {
    await using given = await registryWith({}, { store: storeOf(interleaved(memoryKeyValue())) })
    const answers = await Promise.all(Array.from({ length: 20 }, () => given.begin('prod/app')))
    expect(answers.map(({ status }) => status)).toEqual(Array(20).fill(202))
    expect((await given.store.repositories.list(registry, { limit: 10 })).items).toHaveLength(1)
    expect((await given.store.uploads.list(registry, { limit: 100 })).items).toHaveLength(20)
  })

  it('A push is refused at the quota of repositories', async () => {
    await using given = await registryWith({}, { quotas: { ...defaultQuotas, repositories: 0 } })
    const answer = await given.begin('prod/app')
    expect(answer.status).toBe(403)
    expect(errorIn(answer)).toEqual({
      code: 'DENIED',
      message: expect.stringContaining('would have exceeded a service limit') as string,
    })
  })
})

describe('Who may have a repository created by a push', () => {
  const accounts: Accounts = {
    [registry.account]: {
      users: { developer: { policies: [allowing(pushing)] }, reader: { policies: [allowing('ecr:BatchGetImage')] } },
    },
    '210987654321': { users: { guest: { policies: [allowing(pushing)] } } },
  }
  const guest = userOf('guest', '210987654321')

  it('The caller needs the permission to push, and not ecr:CreateRepository', async () => {
    await using given = await registryWith({}, { accounts })
    const refused = await given.begin('prod/app', '', given.running.tokenOf(userOf('reader')))
    expect([refused.status, errorIn(refused).code]).toEqual([403, 'DENIED'])
    expect(await given.repository()).toBeUndefined()
    expect((await given.begin('prod/app')).status).toBe(202)
  })

  it('A caller of another account is let in by the repository policy of the template', async () => {
    await using given = await registryWith({ repositoryPolicy: policyFor('210987654321') }, { accounts })
    const authorization = given.running.tokenOf(guest)
    const head = await given.running.send('HEAD', `/v2/prod/app/blobs/${digestOf(bytes)}`, {
      headers: { authorization },
    })
    expect(head.status).toBe(404)
    const path = `/v2/prod/app/blobs/uploads/?digest=${digestOf(bytes)}`
    expect((await given.running.send('POST', path, { headers: { authorization }, body: bytes })).status).toBe(201)
  })

  it.each([
    ['has no repository policy', {}],
    ['is for another account', { repositoryPolicy: policyFor('333344445555') }],
    ['is for pulls', { repositoryPolicy: policyFor('210987654321'), appliedFor: ['PULL_THROUGH_CACHE'] }],
  ] as const)(
    'A caller of another account is refused, and nothing is created, because the template %s',
    async (_, template) => {
      await using given = await registryWith(template, { accounts })
      const answer = await given.begin('prod/app', '', given.running.tokenOf(guest))
      expect(answer.status).toBe(403)
      expect(errorIn(answer)).toEqual({
        code: 'DENIED',
        message:
          'User: arn:aws:iam::210987654321:user/guest is not authorized to perform: ecr:InitiateLayerUpload on resource: arn:aws:ecr:us-east-1:123456789012:repository/prod/app because no resource-based policy allows the ecr:InitiateLayerUpload action',
      })
      expect(await given.repository()).toBeUndefined()
    },
  )

  it('With relaxed authentication any password creates the repository', async () => {
    const [store, identities] = [storeOf(memoryKeyValue()), identitiesIn(undefined, 'relaxed')]
    const decisions = decisionLog()
    const authorize = authorizer({ store, identities, decisions })
    await using given = await registryWith({}, { store, identities, decisions, authorize, auth: 'relaxed' })
    const answer = await given.begin('prod/app', '', basic('any password', registry.account))
    expect(answer.status).toBe(202)
    expect(await given.repository()).toBeDefined()
  })

  it('The policy of a template counts only while its repository does not exist', async () => {
    await using given = await registryWith({ repositoryPolicy: policyFor('210987654321') }, { accounts })
    await given.running.createRepository('prod/app')
    expect((await given.begin('prod/app', '', given.running.tokenOf(guest))).status).toBe(403)
  })
})

describe('A template that needs a role', () => {
  const resourceTags = [{ Key: 'team', Value: 'a' }]
  const accountsWith = (roles: object) => ({
    [registry.account]: { users: { developer: { policies: [allowing(pushing)] } }, roles: { ...roles } },
  })
  const because = (why: string) =>
    `${notThere('prod/app').message} (ecr-local: the creation template 'prod' cannot be applied: ${why})`

  it.each([
    ['resource tags', { resourceTags }],
    ['KMS encryption', { encryption: { encryptionType: 'KMS' } }],
    ['resource tags and KMS encryption', { resourceTags, encryption: { encryptionType: 'KMS_DSSE' } }],
  ] as const)('A push is 404 with the reason, and a warning is logged: %s without a role', async (what, template) => {
    const log = recordedLog()
    await using given = await registryWith(template, { log })
    const answer = await given.begin('prod/app')
    expect(answer.status).toBe(404)
    const message = because(`${what} need a customRoleArn`)
    expect(errorIn(answer)).toEqual({ code: 'NAME_UNKNOWN', message })
    expect(log.lines.filter(([level]) => level === 'warn')).toEqual([
      [
        'warn',
        {
          ...registry,
          repository: 'prod/app',
          template: 'prod',
          requestId: answer.headers['x-amzn-requestid'],
        },
        message,
      ],
    ])
    expect(await given.repository()).toBeUndefined()
  })

  it('A role that may create and tag repositories tags and encrypts them', async () => {
    const policies = [allowing(['ecr:CreateRepository', 'ecr:TagResource'])]
    const accounts = accountsWith({ templates: { trustPolicy: trustingEcr, policies } })
    const encryption = { encryptionType: 'KMS', kmsKey: 'arn:aws:kms:us-east-1:123456789012:key/1' } as const
    await using given = await registryWith({ resourceTags, encryption, customRoleArn: roleArn }, { accounts })
    expect((await given.begin('prod/app')).status).toBe(202)
    expect(await given.repository()).toMatchObject({ tags: resourceTags, encryption })
  })

  it('KMS without a key is the AWS managed key of the account and Region', async () => {
    const accounts = accountsWith({
      templates: { trustPolicy: trustingEcr, policies: [allowing('ecr:CreateRepository')] },
    })
    const encryption = { encryptionType: 'KMS' } as const
    await using given = await registryWith({ encryption, customRoleArn: roleArn }, { accounts })
    expect((await given.begin('prod/app')).status).toBe(202)
    expect((await given.repository())?.encryption.kmsKey).toMatch(
      /^arn:aws:kms:us-east-1:123456789012:key\/[0-9a-f-]{36}$/,
    )
  })

  it.each([
    ['does not exist', {}, `there is no role ${roleArn}: define it in the configuration`],
    [
      'does not trust ECR',
      {
        trustPolicy: {
          Version: '2012-10-17',
          Statement: [{ Effect: 'Allow', Principal: { AWS: '123456789012' }, Action: 'sts:AssumeRole' }],
        },
        policies: [allowing('ecr:*')],
      },
      `the trust policy of role ${roleArn} does not let ecr.amazonaws.com assume it`,
    ],
    [
      'may not create',
      { trustPolicy: trustingEcr, policies: [allowing('ecr:TagResource')] },
      `role ${roleArn} is not allowed to perform ecr:CreateRepository on arn:aws:ecr:us-east-1:123456789012:repository/prod/app`,
    ],
    [
      'may not tag',
      { trustPolicy: trustingEcr, policies: [allowing('ecr:CreateRepository')] },
      `role ${roleArn} is not allowed to perform ecr:TagResource on arn:aws:ecr:us-east-1:123456789012:repository/prod/app`,
    ],
  ])('A push is 404 with the reason if the role %s', async (_, role, why) => {
    const accounts = accountsWith('trustPolicy' in role ? { templates: role } : {})
    await using given = await registryWith({ resourceTags, customRoleArn: roleArn }, { accounts })
    const answer = await given.begin('prod/app')
    expect(answer.status).toBe(404)
    const { code, message } = errorIn(answer)
    const explained = ` (ecr-local explain ${String(answer.headers['x-amzn-requestid'])} says why)`
    expect({ code, message: message.replace(explained, '') }).toEqual({ code: 'NAME_UNKNOWN', message: because(why) })
    expect(message.endsWith(explained)).toBe('trustPolicy' in role)
    expect(await given.repository()).toBeUndefined()
  })

  it('A push succeeds once the role of its template is corrected', async () => {
    await using given = await registryWith({ resourceTags })
    expect((await given.begin('prod/app')).status).toBe(404)
    const corrected = templateRecord({ prefix: 'prod', appliedFor: ['CREATE_ON_PUSH'] })
    await given.store.creationTemplates.put(registry, 'prod', corrected)
    expect((await given.begin('prod/app')).status).toBe(202)
  })
})
