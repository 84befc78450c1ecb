import { describe, expect, it } from 'vitest'
import { keyOf } from '../../../src/registry/ports/store.js'
import { newRepository } from '../../../src/registry/repositories/repository.js'
import { registry, requestContext, startCache, unbounded } from '../../support/cache.js'
import { faultyUpstream } from '../../support/faulty-upstream.js'
import { allowing, userOf } from '../../support/registry.js'
import { status } from '../../support/upstream-faults.js'

const DAY = 24 * 60 * 60
const name = 'quay/team/app'
const repositoryArn = `arn:aws:ecr:us-east-1:111122223333:repository/${name}`
const pulling = ['ecr:BatchGetImage', 'ecr:GetDownloadUrlForLayer']
const users = {
  dev: { policies: [allowing('ecr:*')] },
  puller: { policies: [allowing(pulling)] },
  importer: { policies: [allowing([...pulling, 'ecr:BatchImportUpstreamImage'])] },
  creator: { policies: [allowing([...pulling, 'ecr:CreateRepository'])] },
  both: { policies: [allowing([...pulling, 'ecr:BatchImportUpstreamImage', 'ecr:CreateRepository'])] },
  blind: { policies: [allowing(['ecr:BatchImportUpstreamImage', 'ecr:CreateRepository'])] },
}
type User = keyof typeof users

async function cacheFor() {
  const upstream = await faultyUpstream()
  const image = upstream.addImage('team/app', { tag: 'v1' })
  const cache = await startCache({
    upstreams: { 'quay.io': upstream.url },
    accounts: { [registry.account]: { users } },
  })
  await cache.addRule({ ecrRepositoryPrefix: 'quay', upstreamRegistryUrl: 'quay.io' })
  const pull = async (user: User, reference = 'v1') => {
    const holder = userOf(user, registry.account)
    const { statusCode, headers, body } = await cache.ask(`${name}/manifests/${reference}`, {}, 'GET', holder)
    const text = await body.text()
    const { errors } = statusCode < 400 ? {} : (JSON.parse(text) as { errors?: { code: string; message: string }[] })
    const [error] = errors ?? []
    const where = ` (ecr-local explain ${String(headers['x-amzn-requestid'])} says why)`
    const isExplained = error?.message.endsWith(where) === true
    return {
      ...{ statusCode, digest: headers['docker-content-digest'] },
      error: error && { ...error, message: error.message.replace(where, '') },
      ...(isExplained && { isExplained }),
    }
  }
  const grant = (actions: string[], user: User) => ({
    text: JSON.stringify({
      Version: '2012-10-17',
      Statement: {
        ...{ Effect: 'Allow', Principal: { AWS: userOf(user, registry.account).arn }, Action: actions },
        Resource: 'arn:aws:ecr:us-east-1:111122223333:repository/quay/*',
      },
    }),
  })
  return {
    ...{ upstream, image, cache, pull, grant },
    makeRepository: () =>
      cache.store.repositories.insert(registry, name, newRepository(name, new Date('2026-01-01T00:00:00Z'))),
    repository: () => cache.store.repositories.get(registry, name),
    async [Symbol.asyncDispose]() {
      await cache[Symbol.asyncDispose]()
      await upstream.close()
    },
  }
}

const noSuchRepository = {
  code: 'NAME_UNKNOWN',
  message: `The repository with name '${name}' does not exist in the registry with id '111122223333'`,
}
const notFound = { code: 'MANIFEST_UNKNOWN', message: 'Requested image not found' }

describe('permissions of a first pull', () => {
  it('A first pull is DENIED without BatchGetImage before the upstream is asked', async () => {
    await using given = await cacheFor()
    const { statusCode, error } = await given.pull('blind')
    expect(statusCode).toBe(403)
    expect(error).toEqual({
      code: 'DENIED',
      message: `User: arn:aws:iam::111122223333:user/blind is not authorized to perform: ecr:BatchGetImage on resource: ${repositoryArn} because no identity-based policy allows the ecr:BatchGetImage action`,
    })
    expect(given.upstream.requests).toEqual([])
  })

  it.each(['puller', 'importer'] as const)('A user %s without CreateRepository finds no repository', async (user) => {
    await using given = await cacheFor()
    expect(await given.pull(user)).toEqual({ statusCode: 404, error: noSuchRepository, isExplained: true })
    expect(given.upstream.requests).toEqual([])
  })

  it('A caller with CreateRepository but without BatchImportUpstreamImage finds no image', async () => {
    await using given = await cacheFor()
    expect(await given.pull('creator')).toEqual({ statusCode: 404, error: notFound, isExplained: true })
    expect(await given.repository()).toBeUndefined()
    expect(given.upstream.requests).toEqual([])
  })

  it.each(['puller', 'creator'] as const)(
    'A user %s without BatchImportUpstreamImage finds no image in an existing repository',
    async (user) => {
      await using given = await cacheFor()
      await given.makeRepository()
      expect(await given.pull(user)).toEqual({ statusCode: 404, error: notFound, isExplained: true })
      expect(given.upstream.requests).toEqual([])
    },
  )

  it('A first pull into an existing repository needs no CreateRepository permission', async () => {
    await using given = await cacheFor()
    await given.makeRepository()
    expect(await given.pull('importer')).toMatchObject({ statusCode: 200, digest: given.image.digest })
  })

  it('A first pull creates the repository for a caller with both permissions', async () => {
    await using given = await cacheFor()
    expect(await given.pull('both')).toMatchObject({ statusCode: 200, digest: given.image.digest })
    expect(await given.repository()).toBeDefined()
  })

  it('A registry policy can grant both permissions of a first pull', async () => {
    await using given = await cacheFor()
    const policy = given.grant(['ecr:BatchImportUpstreamImage', 'ecr:CreateRepository'], 'puller')
    await given.cache.store.registryPolicies.put(registry, 'policy', policy)
    expect((await given.pull('puller')).statusCode).toBe(200)
  })

  it('A repository policy can grant the import of a first pull but never CreateRepository', async () => {
    await using given = await cacheFor()
    const policy = given.grant(['ecr:BatchImportUpstreamImage', 'ecr:CreateRepository'], 'puller')
    await given.cache.store.repositoryPolicies.put(registry, name, policy)
    expect(await given.pull('puller')).toEqual({ statusCode: 404, error: noSuchRepository, isExplained: true })
    await given.makeRepository()
    expect((await given.pull('puller')).statusCode).toBe(200)
  })
})

describe('permissions of a cached pull', () => {
  it('A cached image is served to a caller that may only pull', async () => {
    await using given = await cacheFor()
    await given.pull('dev')
    expect(await given.pull('puller')).toMatchObject({ statusCode: 200, digest: given.image.digest })
  })

  it('A cached image is not checked for a caller without import permission and stays due', async () => {
    await using given = await cacheFor()
    await given.pull('dev')
    await given.cache.settled()
    const newer = given.upstream.addImage('team/app', { tag: 'v1', seed: 'newer' })
    await given.cache.clock.advance(DAY)
    const tag = () => given.cache.store.tags.get(registry, keyOf(name, 'v1'))
    const [before, asked] = [await tag(), given.upstream.requests.length]

    expect(await given.pull('puller')).toMatchObject({ statusCode: 200, digest: given.image.digest })
    expect(given.upstream.requests.length).toBe(asked)
    expect(await tag()).toEqual(before)
    expect(await given.pull('dev')).toMatchObject({ statusCode: 200, digest: newer.digest })
  })

  it('A cached image is DENIED to a caller without BatchGetImage', async () => {
    await using given = await cacheFor()
    await given.pull('dev')
    expect((await given.pull('blind')).statusCode).toBe(403)
  })
})

describe('pull through at a FIPS endpoint', () => {
  const host = '111122223333.dkr.ecr-fips.us-east-1.localhost:4510'
  const sentence = 'Not cached, and the first pull of an image through the cache is not supported at a FIPS endpoint'

  it.each(['v1', 'by digest'])(
    'A first pull at a FIPS endpoint is answered with 404 without asking the upstream: %s',
    async (by) => {
      await using given = await cacheFor()
      const reference = by === 'v1' ? by : given.image.digest
      const answer = await given.cache.ask(`${name}/manifests/${reference}`, { host })
      expect(answer.statusCode).toBe(404)
      expect(await answer.body.json()).toEqual({ errors: [{ code: 'MANIFEST_UNKNOWN', message: sentence }] })
      expect(await given.repository()).toBeUndefined()
      expect(given.upstream.requests).toEqual([])
    },
  )

  it.each([host, '111122223333.dkr-ecr-fips.us-east-1.on.aws'])(
    'A FIPS endpoint serves a cached image with its layers, even those still to come: %s',
    async (at) => {
      await using given = await cacheFor()
      given.upstream.fault('/blobs/', status(503))
      await given.pull('dev')
      await given.cache.settled()
      given.upstream.heal()
      const layer = given.image.layers[0] ?? ''
      expect(await given.cache.blobs.size(layer)).toBeUndefined()
      const ask = (path: string) => given.cache.ask(`${name}/${path}`, { host: at })
      expect((await ask('manifests/v1')).statusCode).toBe(200)
      expect((await ask(`blobs/${layer}`)).statusCode).toBe(200)
      const newer = given.upstream.addImage('team/app', { tag: 'v1', seed: 'newer' })
      await given.cache.clock.advance(DAY)
      expect((await ask('manifests/v1')).headers['docker-content-digest']).toBe(newer.digest)
    },
  )

  it('A FIPS endpoint tells a caller without import permission that there is no such image', async () => {
    await using given = await cacheFor()
    const answer = await given.cache.ask(`${name}/manifests/v1`, { host }, 'GET', userOf('creator', registry.account))
    expect(await answer.body.json()).toMatchObject({
      errors: [{ message: expect.stringMatching(/^Requested image not found \(ecr-local explain /) }],
    })
  })

  it('A first pull by the API is refused for a FIPS endpoint as well', async () => {
    await using given = await cacheFor()
    const wanted = {
      registry,
      repository: name,
      imageId: { imageTag: 'v1' },
      principal: userOf('dev', registry.account),
    }
    const request = { ...requestContext, isFips: true }
    const refused = { failureCode: 'ImageNotFound', failureReason: sentence }
    expect(await given.cache.cache.pull({ ...wanted, request }, unbounded)).toMatchObject(refused)
    expect(await given.cache.cache.importImage({ ...wanted, request }, unbounded)).toMatchObject(refused)
    expect(given.upstream.requests).toEqual([])
  })
})
