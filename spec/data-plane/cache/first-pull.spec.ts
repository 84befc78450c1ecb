import { describe, expect, it, vi } from 'vitest'
import type { Log } from '../../../src/registry/ports/log.js'
import { registry, startCache } from '../../support/cache.js'
import { faultyUpstream } from '../../support/faulty-upstream.js'
import { stall, status } from '../../support/upstream-faults.js'

const platforms = ['linux/amd64', 'linux/arm64']

async function cacheOf(egress: 'all' | 'none' = 'all', log?: Log) {
  const upstream = await faultyUpstream()
  const images = platforms.map((platform) => upstream.addImage('nginx/nginx', { platform, layerSize: 5000 }))
  const index = upstream.addIndex('nginx/nginx', images, { tag: 'latest' })
  const cache = await startCache({ upstreams: { 'public.ecr.aws': upstream.url }, egress, ...(log && { log }) })
  await cache.addRule({ ecrRepositoryPrefix: 'ecr-public', upstreamRegistryUrl: 'public.ecr.aws' })
  const [amd64, arm64] = images
  return {
    ...{ upstream, cache, index, amd64: amd64!, arm64: arm64! },
    async [Symbol.asyncDispose]() {
      await cache[Symbol.asyncDispose]()
      await upstream.close()
    },
  }
}
const name = 'ecr-public/nginx/nginx'
const serviceLinkedRole =
  'arn:aws:iam::111122223333:role/aws-service-role/pullthroughcache.ecr.amazonaws.com/AWSServiceRoleForECRPullThroughCache'

describe('a first pull by tag', () => {
  it('answers the manifest byte for byte', async () => {
    await using given = await cacheOf()
    const answer = await given.cache.ask(`${name}/manifests/latest`)
    expect(answer.statusCode).toBe(200)
    expect(answer.headers['content-type']).toBe(given.index.mediaType)
    expect(answer.headers['docker-content-digest']).toBe(given.index.digest)
    expect(Buffer.from(await answer.body.arrayBuffer()).equals(given.index.bytes)).toBe(true)
  })

  it('makes the repository with the defaults of the service', async () => {
    await using given = await cacheOf()
    await given.cache.ask(`${name}/manifests/latest`)
    expect(await given.cache.store.repositories.get(registry, name)).toMatchObject({
      imageTagMutability: 'MUTABLE',
      encryption: { encryptionType: 'AES256' },
      scanOnPush: false,
    })
  })

  it('uses a repository that is there as it is', async () => {
    await using given = await cacheOf()
    const made = {
      ...{ name, createdAt: 1, imageTagMutability: 'IMMUTABLE' as const, scanOnPush: true, tags: [] },
      encryption: { encryptionType: 'KMS' as const, kmsKey: 'arn:aws:kms:us-east-1:111122223333:key/1' },
    }
    await given.cache.store.repositories.insert(registry, name, made)
    await given.cache.ask(`${name}/manifests/latest`)
    expect(await given.cache.store.repositories.get(registry, name)).toEqual(made)
  })

  it('brings every platform and every blob behind it, each with one request', async () => {
    await using given = await cacheOf()
    await given.cache.ask(`${name}/manifests/latest`)
    await given.cache.settled()
    for (const { digest, config, layers } of [given.amd64, given.arm64]) {
      expect(await given.cache.image(name, digest)).toMatchObject({ digest, tags: [] })
      for (const blob of [config, ...layers]) {
        expect(await given.cache.blobs.size(blob)).toBeGreaterThan(0)
        expect(given.upstream.count(`GET /v2/nginx/nginx/blobs/${blob}`)).toBe(1)
      }
      expect(given.upstream.count(`GET /v2/nginx/nginx/manifests/${digest}`)).toBe(1)
    }
    expect(given.upstream.count('GET /v2/nginx/nginx/manifests/latest')).toBe(1)
  })

  it('tells the client nothing of the upstream and never sends it there', async () => {
    await using given = await cacheOf()
    const answer = await given.cache.ask(`${name}/blobs/${given.amd64.layers[0]}`)
    expect(answer.statusCode).toBe(404)
    await given.cache.ask(`${name}/manifests/latest`)
    await given.cache.settled()
    const blob = await given.cache.ask(`${name}/blobs/${given.amd64.layers[0]}`)
    expect([blob.statusCode, blob.headers.location]).toEqual([200, undefined])
  })

  it('is an event when it begins and an event when everything is cached, with bytes, platforms and time', async () => {
    await using given = await cacheOf()
    await given.cache.ask(`${name}/manifests/latest`)
    await given.cache.settled()
    const [begun, ended, ...others] = await given.cache.events()
    const facts = {
      'rule-version': '1',
      'ecr-repository-prefix': 'ecr-public',
      'repository-name': name,
      'upstream-registry-url': 'public.ecr.aws',
      'image-tag': 'latest',
      'image-digest': given.index.digest,
      action: 'import',
      principal: serviceLinkedRole,
    }
    const outcome = 'importing its layers'
    expect(begun).toEqual({ ...facts, 'sync-status': 'IN_PROGRESS', outcome })
    const whole: unknown = expect.stringMatching(/^imported \d+\.\d KiB, 2 platforms, \d+\.\d s$/)
    expect(ended).toEqual({ ...facts, 'sync-status': 'SUCCESS', outcome: whole })
    expect(others).toEqual([])
  })

  it('is logged in two lines, when it begins and when everything is cached, however many images the index lists', async () => {
    const info = vi.fn<Log['info']>()
    await using given = await cacheOf('all', { trace() {}, debug() {}, info, warn() {}, error() {} })
    await given.cache.ask(`${name}/manifests/latest`)
    await given.cache.settled()
    const { digest } = given.index
    const facts: unknown = expect.objectContaining({
      ...{ principal: serviceLinkedRole, ...registry, repository: name, tag: 'latest', digest },
      upstreamRegistryUrl: 'public.ecr.aws',
    })
    expect(info.mock.calls).toEqual([
      [facts, `${name}:latest importing its layers`],
      [facts, expect.stringMatching(/^ecr-public\/nginx\/nginx:latest imported \d+\.\d KiB, 2 platforms, \d+\.\d s$/)],
    ])
  })

  it('finds nothing where the upstream has no such image, and makes no repository', async () => {
    await using given = await cacheOf()
    const answer = await given.cache.ask(`${name}/manifests/none`)
    expect(answer.statusCode).toBe(404)
    expect(await answer.body.json()).toEqual({
      errors: [{ code: 'MANIFEST_UNKNOWN', message: 'Requested image not found' }],
    })
    expect(await given.cache.store.repositories.get(registry, name)).toBeUndefined()
  })

  it.each([
    [401, 403, 'DENIED'],
    [403, 403, 'DENIED'],
    [429, 429, 'TOOMANYREQUESTS'],
    [503, 503, 'UNAVAILABLE'],
  ])(
    'answers an upstream that says %i with %i %s, and asks again at the next pull',
    async (upstreamStatus, expected, code) => {
      await using given = await cacheOf()
      given.upstream.fault('manifests/latest', status(upstreamStatus))
      const refused = await given.cache.ask(`${name}/manifests/latest`)
      expect(refused.statusCode).toBe(expected)
      expect(await refused.body.json()).toMatchObject({ errors: [{ code }] })
      given.upstream.heal()
      expect((await given.cache.ask(`${name}/manifests/latest`)).statusCode).toBe(200)
    },
  )
})

describe('a first pull by digest', () => {
  it('of a child brings that child only', async () => {
    await using given = await cacheOf()
    const answer = await given.cache.ask(`${name}/manifests/${given.arm64.digest}`)
    expect(answer.statusCode).toBe(200)
    await given.cache.settled()
    expect(await given.cache.image(name, given.arm64.digest)).toBeDefined()
    expect(await given.cache.image(name, given.amd64.digest)).toBeUndefined()
    expect(await given.cache.image(name, given.index.digest)).toBeUndefined()
  })

  it('of an index brings its images', async () => {
    await using given = await cacheOf()
    await given.cache.ask(`${name}/manifests/${given.index.digest}`)
    await given.cache.settled()
    expect(await given.cache.image(name, given.amd64.digest)).toBeDefined()
  })
})

describe('network.egress "none"', () => {
  const noRoute = 'Not cached, and the registry has no route to the upstream (network.egress is "none")'

  it('refuses a layer that is not cached, and asks nobody for it', async () => {
    await using before = await cacheOf()
    before.upstream.fault('/blobs/', status(503))
    await before.cache.ask(`${name}/manifests/${before.amd64.digest}`)
    await before.cache.settled()
    before.upstream.heal()
    const asked = before.upstream.requests.length
    const { store, root } = before.cache
    const cut = await startCache({ upstreams: { 'public.ecr.aws': before.upstream.url }, egress: 'none', store, root })
    try {
      const refused = await cut.ask(`${name}/blobs/${before.amd64.layers[0]}`)
      expect(refused.statusCode).toBe(404)
      expect(await refused.body.json()).toEqual({ errors: [{ code: 'BLOB_UNKNOWN', message: noRoute }] })
      expect(before.upstream.requests.length).toBe(asked)
    } finally {
      await cut.close()
    }
  })

  it('refuses a first pull with a sentence that says so, and serves what is cached', async () => {
    await using before = await cacheOf()
    await before.cache.ask(`${name}/manifests/latest`)
    await before.cache.settled()
    const { store, root } = before.cache
    const cut = await startCache({ upstreams: { 'public.ecr.aws': before.upstream.url }, egress: 'none', store, root })
    try {
      const refused = await cut.ask(`ecr-public/other/app/manifests/latest`)
      expect(refused.statusCode).toBe(404)
      expect(await refused.body.json()).toEqual({ errors: [{ code: 'MANIFEST_UNKNOWN', message: noRoute }] })
      expect((await cut.ask(`${name}/manifests/latest`)).statusCode).toBe(200)
      expect((await cut.ask(`${name}/blobs/${before.amd64.layers[0]}`)).statusCode).toBe(200)
    } finally {
      await cut.close()
    }
  })
})

describe('which rule serves a name', () => {
  it('is the one with the longest prefix; ROOT serves what no other does', async () => {
    await using team = await faultyUpstream()
    await using all = await faultyUpstream()
    team.addImage('upstream-app/image', { tag: 'v1', seed: 'team' })
    all.addImage('library/image', { tag: 'v1', seed: 'root' })
    await using cache = await startCache({ upstreams: { 'team.example': team.url, 'all.example': all.url } })
    await cache.addRule({
      ecrRepositoryPrefix: 'a/b',
      upstreamRegistryUrl: 'team.example',
      upstreamRepositoryPrefix: 'upstream-app',
    })
    await cache.addRule({ ecrRepositoryPrefix: 'a', upstreamRegistryUrl: 'nobody.example' })
    await cache.addRule({ ecrRepositoryPrefix: 'ROOT', upstreamRegistryUrl: 'all.example' })
    expect((await cache.ask('a/b/image/manifests/v1')).statusCode).toBe(200)
    expect((await cache.ask('library/image/manifests/v1')).statusCode).toBe(200)
    expect(team.count('upstream-app/image/manifests/v1')).toBe(1)
    expect(all.count('library/image/manifests/v1')).toBe(1)
  })

  it('is none after the rule is deleted: what is cached is served, nothing more is asked', async () => {
    await using given = await cacheOf()
    await given.cache.ask(`${name}/manifests/latest`)
    await given.cache.settled()
    await given.cache.store.rules.remove(registry, 'ecr-public')
    await given.cache.clock.advance(100_000)
    const asked = given.upstream.requests.length
    expect((await given.cache.ask(`${name}/manifests/latest`)).statusCode).toBe(200)
    expect((await given.cache.ask(`${name}/blobs/${given.arm64.layers[0]}`)).statusCode).toBe(200)
    expect((await given.cache.ask(`${name}/manifests/other`)).statusCode).toBe(404)
    const missing = await given.cache.ask('ecr-public/other/manifests/latest')
    expect(await missing.body.json()).toEqual({
      errors: [
        {
          code: 'NAME_UNKNOWN',
          message: `The repository with name 'ecr-public/other' does not exist in the registry with id '111122223333'`,
        },
      ],
    })
    expect(given.upstream.requests.length).toBe(asked)
  })
})

describe('what was planned', () => {
  it('is taken up by the next start', async () => {
    await using given = await cacheOf()
    given.upstream.fault(/blobs|manifests\/sha256/, status(503))
    expect((await given.cache.ask(`${name}/manifests/latest`)).statusCode).toBe(200)
    await given.cache.settled()
    await given.cache.close()
    given.upstream.heal()
    expect(await given.cache.blobs.size(given.arm64.layers[0]!)).toBeUndefined()

    const { store, root } = given.cache
    const next = await startCache({ upstreams: { 'public.ecr.aws': given.upstream.url }, store, root })
    try {
      await next.settled()
      expect(await next.blobs.size(given.arm64.layers[0]!)).toBeGreaterThan(0)
      expect((await store.imports.list({ account: '-', region: '-' }, { limit: 10 })).items).toEqual([])
    } finally {
      await next.close()
    }
  })
})

describe('an import that cannot be finished', () => {
  it('says so, and stays planned, where its rule was deleted meanwhile', async () => {
    await using given = await cacheOf()
    given.upstream.fault('/blobs/', stall())
    const importing = given.cache.importImage(name, 'latest')
    await given.upstream.asked('/blobs/')
    await given.cache.store.rules.remove(registry, 'ecr-public')
    given.upstream.heal()
    expect(await importing).toMatchObject({
      failureReason: expect.stringContaining('no pull through cache rule serves'),
    })
    expect((await given.cache.store.imports.list({ account: '-', region: '-' }, { limit: 9 })).items).not.toEqual([])
  })

  it('leaves nothing that HEAD calls there and GET cannot send', async () => {
    await using given = await cacheOf()
    given.upstream.fault('/blobs/', status(503))
    await given.cache.ask(`${name}/manifests/latest`)
    await given.cache.settled()
    const layer = `${name}/blobs/${given.amd64.layers[0]}`
    expect((await given.cache.ask(layer, {}, 'HEAD')).statusCode).toBe(200)
    await given.cache.store.rules.remove(registry, 'ecr-public')
    expect((await given.cache.ask(layer, {}, 'HEAD')).statusCode).toBe(404)
    expect((await given.cache.ask(layer)).statusCode).toBe(404)
  })

  it('brings the other platforms though one is broken', async () => {
    await using given = await cacheOf()
    given.upstream.fault(given.amd64.layers[0]!, status(404))
    await given.cache.ask(`${name}/manifests/latest`)
    await given.cache.settled()
    for (const layer of given.arm64.layers) expect(await given.cache.blobs.size(layer)).toBeGreaterThan(0)
    expect(await given.cache.blobs.size(given.amd64.layers[1]!)).toBeGreaterThan(0)
  })
})
