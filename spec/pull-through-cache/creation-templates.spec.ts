import { describe, expect, it } from 'vitest'
import { memoryKeyValue } from '../../src/adapters/memory/key-value.js'
import type { RepositoryCreationTemplate } from '../../src/registry/creation-templates/creation-template.js'
import type { Store } from '../../src/registry/ports/store.js'
import { newRepository } from '../../src/registry/repositories/repository.js'
import { storeOf } from '../../src/store/store-of.js'
import { registry, startCache } from '../support/cache.js'
import { faultyUpstream } from '../support/faulty-upstream.js'
import { recordedLog } from '../support/recorded-log.js'
import { allowing, userOf } from '../support/registry.js'
import { templateRecord, trustingEcr } from '../support/templates.js'
import { status } from '../support/upstream-faults.js'

const name = 'quay/team/app'
const roleArn = 'arn:aws:iam::111122223333:role/templates'
const resourceTags = [{ Key: 'team', Value: 'a' }]
const importing = [
  ...['ecr:BatchGetImage', 'ecr:GetDownloadUrlForLayer', 'ecr:BatchImportUpstreamImage', 'ecr:CreateRepository'],
]
const accounts = {
  [registry.account]: {
    users: {
      dev: { policies: [allowing('ecr:*')] },
      creator: { policies: [allowing(importing)] },
      teamA: {
        policies: [
          allowing(importing),
          {
            Version: '2012-10-17',
            Statement: [
              {
                Effect: 'Allow',
                Action: 'ecr:TagResource',
                Resource: '*',
                Condition: { StringEquals: { 'aws:RequestTag/team': 'a' } },
              },
            ],
          },
        ],
      },
    },
    roles: {
      templates: { trustPolicy: trustingEcr, policies: [allowing(['ecr:CreateRepository', 'ecr:TagResource'])] },
      creating: { trustPolicy: trustingEcr, policies: [allowing('ecr:CreateRepository')] },
    },
  },
}

/** A cache of quay.io, with a template for its prefix. */
async function cacheWith(template: Partial<RepositoryCreationTemplate> = {}, store?: Store) {
  const upstream = await faultyUpstream()
  const image = upstream.addImage('team/app', { tag: 'v1' })
  const log = recordedLog()
  const cache = await startCache({ upstreams: { 'quay.io': upstream.url }, accounts, log, ...(store && { store }) })
  await cache.addRule({ ecrRepositoryPrefix: 'quay', upstreamRegistryUrl: 'quay.io' })
  const record = templateRecord({ prefix: 'quay', appliedFor: ['PULL_THROUGH_CACHE'], ...template })
  await cache.store.creationTemplates.put(registry, record.prefix, record)
  const pull = async (user = 'dev', reference = 'v1') => {
    const holder = userOf(user, registry.account)
    const { statusCode, headers, body } = await cache.ask(`${name}/manifests/${reference}`, {}, 'GET', holder)
    return { statusCode, requestId: String(headers['x-amzn-requestid']), text: await body.text() }
  }
  return {
    upstream,
    image,
    cache,
    log,
    pull,
    repository: () => cache.store.repositories.get(registry, name),
    async [Symbol.asyncDispose]() {
      await cache[Symbol.asyncDispose]()
      await upstream.close()
    },
  }
}

const refused = (why: string) => ({
  errors: [
    {
      code: 'NAME_UNKNOWN',
      message: `The repository with name '${name}' does not exist in the registry with id '111122223333' (ecr-local: the creation template 'quay' cannot be applied: ${why})`,
    },
  ],
})

describe('The repository of a first pull', () => {
  it('The repository has the settings of its template, and the image keeps its immutable tag', async () => {
    const repositoryPolicy = '{"Version":"2012-10-17","Statement":[]}'
    await using given = await cacheWith({ imageTagMutability: 'IMMUTABLE', repositoryPolicy })
    expect((await given.pull()).statusCode).toBe(200)
    expect(await given.repository()).toMatchObject({ imageTagMutability: 'IMMUTABLE', tags: [] })
    expect(await given.cache.store.repositoryPolicies.get(registry, name)).toEqual({ text: repositoryPolicy })
    given.upstream.addImage('team/app', { tag: 'v1', seed: 'new' })
    await given.cache.clock.advance(24 * 60 * 60)
    await given.pull()
    const tag = await given.cache.store.tags.get(registry, `${name} v1`)
    expect(tag?.digest).toBe(given.image.digest)
  })

  it.each([
    ['no template is for pulls', { appliedFor: ['REPLICATION', 'CREATE_ON_PUSH'] }],
    ['no template has its prefix', { prefix: 'quay/team/app' }],
  ] as const)('The repository has the default settings if %s', async (_, template) => {
    await using given = await cacheWith({ imageTagMutability: 'IMMUTABLE', ...template })
    expect((await given.pull()).statusCode).toBe(200)
    expect(await given.repository()).toMatchObject({ imageTagMutability: 'MUTABLE' })
  })

  it('An existing repository is not changed by a template, even by one that cannot be applied', async () => {
    await using given = await cacheWith({ resourceTags })
    await given.cache.store.repositories.put(registry, name, newRepository(name, new Date(0)))
    expect((await given.pull()).statusCode).toBe(200)
    expect(await given.repository()).toMatchObject({ createdAt: 0, tags: [] })
  })

  it('A pull that is interrupted after it created the repository is completed by the next one', async () => {
    const store = storeOf(memoryKeyValue())
    let isInterrupted = true
    const put: typeof store.imports.put = (...record) =>
      isInterrupted ? Promise.reject(new Error('killed')) : store.imports.put(...record)
    const repositoryPolicy = '{"Version":"2012-10-17","Statement":[]}'
    await using given = await cacheWith({ repositoryPolicy }, { ...store, imports: { ...store.imports, put } })
    expect((await given.pull()).statusCode).toBe(500)
    expect(await store.repositoryPolicies.get(registry, name)).toEqual({ text: repositoryPolicy })
    isInterrupted = false
    await given.cache.store.creationTemplates.remove(registry, 'quay')
    expect((await given.pull()).statusCode).toBe(200)
    expect(await store.repositoryPolicies.get(registry, name)).toEqual({ text: repositoryPolicy })
  })

  it('Pulls of several callers at once create one repository by the template', async () => {
    await using given = await cacheWith({ resourceTags, customRoleArn: roleArn })
    const pulls = await Promise.all(Array.from({ length: 10 }, () => given.pull()))
    expect(pulls.map(({ statusCode }) => statusCode)).toEqual(Array(10).fill(200))
    expect(await given.repository()).toMatchObject({ tags: resourceTags })
  })
})

describe('A first pull with a template that needs a role', () => {
  it('The pull is 404 with the reason, an event and a warning, and leaves nothing behind', async () => {
    await using given = await cacheWith({ resourceTags })
    const { statusCode, text, requestId } = await given.pull()
    const because = refused('resource tags need a customRoleArn')
    const message = because.errors[0]?.message ?? ''
    expect([statusCode, JSON.parse(text)]).toEqual([404, because])
    expect((await given.cache.events()).at(-1)).toMatchObject({
      'sync-status': 'FAILED',
      'repository-name': name,
      outcome: message,
    })
    const facts = { requestId, ...registry, repository: name, template: 'quay' }
    expect(given.log.lines).toContainEqual(['warn', facts, message])
    expect(await given.repository()).toBeUndefined()
    expect((await given.cache.store.imports.list({ account: '-', region: '-' }, { limit: 10 })).items).toEqual([])
    expect(await given.cache.store.images.list(registry, { limit: 10 })).toEqual({ items: [] })
  })

  it('The pull succeeds with a role that may create and tag the repository', async () => {
    await using given = await cacheWith({ resourceTags, customRoleArn: roleArn })
    expect((await given.pull()).statusCode).toBe(200)
    expect(await given.repository()).toMatchObject({ tags: resourceTags })
  })

  it('The pull is 404 with the reason, and explained, if the role may not tag the repository', async () => {
    await using given = await cacheWith({ resourceTags, customRoleArn: roleArn.replace('templates', 'creating') })
    const { statusCode, text, requestId } = await given.pull()
    const why = `role ${roleArn.replace('templates', 'creating')} is not allowed to perform ecr:TagResource on arn:aws:ecr:us-east-1:111122223333:repository/${name}`
    expect(statusCode).toBe(404)
    expect(JSON.parse(text.replace(` (ecr-local explain ${requestId} says why)`, ''))).toEqual(refused(why))
    expect(await given.repository()).toBeUndefined()
  })

  it('The upstream is asked before the template is looked at: no image, no word about the template', async () => {
    await using given = await cacheWith({ resourceTags })
    given.upstream.fault('GET /v2/team/app/manifests/', status(404))
    const { statusCode, text } = await given.pull()
    expect([statusCode, JSON.parse(text)]).toMatchObject([404, { errors: [{ code: 'MANIFEST_UNKNOWN' }] }])
  })
})

describe('A first pull with a template that has resource tags', () => {
  it('The puller needs ecr:TagResource, besides ecr:CreateRepository', async () => {
    await using given = await cacheWith({ resourceTags, customRoleArn: roleArn })
    const { statusCode, text, requestId } = await given.pull('creator')
    expect(statusCode).toBe(404)
    expect(JSON.parse(text)).toEqual({
      errors: [
        {
          code: 'NAME_UNKNOWN',
          message: `The repository with name '${name}' does not exist in the registry with id '111122223333' (ecr-local explain ${requestId} says why)`,
        },
      ],
    })
    expect(given.upstream.requests).toEqual([])
  })

  it('A policy of the puller may depend on the tags of the template', async () => {
    await using given = await cacheWith({ resourceTags: [{ Key: 'team', Value: 'b' }], customRoleArn: roleArn })
    expect((await given.pull('teamA')).statusCode).toBe(404)
    await using other = await cacheWith({ resourceTags, customRoleArn: roleArn })
    expect((await other.pull('teamA')).statusCode).toBe(200)
  })

  it('A puller needs no ecr:TagResource for a template without tags', async () => {
    await using given = await cacheWith({ imageTagMutability: 'IMMUTABLE' })
    expect((await given.pull('creator')).statusCode).toBe(200)
  })
})
