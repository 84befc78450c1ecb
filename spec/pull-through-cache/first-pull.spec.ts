import { once } from 'node:events'
import { describe, expect, it, vi } from 'vitest'
import { filesystemBlobStore } from '../../src/adapters/filesystem/blob-store.js'
import { randomIds } from '../../src/adapters/system/random-ids.js'
import type { Notes } from '../../src/registry/ports/blob-store.js'
import type { Log } from '../../src/registry/ports/log.js'
import { registry, startCache } from '../support/cache.js'
import { faultyUpstream } from '../support/faulty-upstream.js'
import { temporaryDirectory } from '../support/temporary-directory.js'
import { stall, status } from '../support/upstream-faults.js'

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

describe('first pull by tag', () => {
  it('A first pull by tag returns the manifest byte for byte', async () => {
    await using given = await cacheOf()
    const answer = await given.cache.ask(`${name}/manifests/latest`)
    expect(answer.statusCode).toBe(200)
    expect(answer.headers['content-type']).toBe(given.index.mediaType)
    expect(answer.headers['docker-content-digest']).toBe(given.index.digest)
    expect(Buffer.from(await answer.body.arrayBuffer()).equals(given.index.bytes)).toBe(true)
  })

  it('A first pull by tag creates the repository with the default settings of ECR', async () => {
    await using given = await cacheOf()
    await given.cache.ask(`${name}/manifests/latest`)
    expect(await given.cache.store.repositories.get(registry, name)).toMatchObject({
      imageTagMutability: 'MUTABLE',
      encryption: { encryptionType: 'AES256' },
      scanOnPush: false,
    })
  })

  it('A first pull by tag leaves the settings of an existing repository unchanged', async () => {
    await using given = await cacheOf()
    const made = {
      ...{ name, createdAt: 1, imageTagMutability: 'IMMUTABLE' as const, scanOnPush: true, tags: [] },
      encryption: { encryptionType: 'KMS' as const, kmsKey: 'arn:aws:kms:us-east-1:111122223333:key/1' },
    }
    await given.cache.store.repositories.insert(registry, name, made)
    await given.cache.ask(`${name}/manifests/latest`)
    expect(await given.cache.store.repositories.get(registry, name)).toEqual(made)
  })

  it('A first pull by tag imports every platform and every blob with one request each', async () => {
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

  it('A layer is not found before its first pull, and the client is never sent to the upstream', async () => {
    await using given = await cacheOf()
    const answer = await given.cache.ask(`${name}/blobs/${given.amd64.layers[0]}`)
    expect(answer.statusCode).toBe(404)
    await given.cache.ask(`${name}/manifests/latest`)
    await given.cache.settled()
    const blob = await given.cache.ask(`${name}/blobs/${given.amd64.layers[0]}`)
    expect([blob.statusCode, blob.headers.location]).toEqual([200, undefined])
  })

  it('A first pull is answered once the note of its image is written, and its layers are fetched meanwhile', async () => {
    await using upstream = await faultyUpstream()
    const image = upstream.addImage('nginx/nginx', { tag: 'v1' })
    await using directory = await temporaryDirectory()
    const blobs = filesystemBlobStore({ root: directory.path, ids: randomIds })
    const written = new AbortController()
    const put: Notes['put'] = async (note, text) => {
      if (!written.signal.aborted) await once(written.signal, 'abort')
      await blobs.notes.put(note, text)
    }
    const upstreams = { 'public.ecr.aws': upstream.url }
    await using cache = await startCache({ upstreams, blobs: { ...blobs, notes: { ...blobs.notes, put } } })
    await cache.addRule({ ecrRepositoryPrefix: 'ecr-public', upstreamRegistryUrl: 'public.ecr.aws' })
    let isAnswered = false
    const answer = cache.ask(`${name}/manifests/v1`).finally(() => (isAnswered = true))
    for (const layer of image.layers) await expect.poll(() => blobs.size(layer)).toBeDefined()
    expect(isAnswered).toBe(false)
    written.abort()
    expect((await answer).statusCode).toBe(200)
  })

  it('A first pull records one event when it begins and one when everything is cached', async () => {
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

  it('A first pull of an index logs one line when it begins and one when everything is cached', async () => {
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

  it('A first pull of an image the upstream lacks is answered with 404 and creates no repository', async () => {
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
    'A first pull that the upstream answers with %i gets %i %s, and the next pull asks again',
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

describe('first pull by digest', () => {
  it('A first pull by digest of one image of an index imports that image only', async () => {
    await using given = await cacheOf()
    const answer = await given.cache.ask(`${name}/manifests/${given.arm64.digest}`)
    expect(answer.statusCode).toBe(200)
    await given.cache.settled()
    expect(await given.cache.image(name, given.arm64.digest)).toBeDefined()
    expect(await given.cache.image(name, given.amd64.digest)).toBeUndefined()
    expect(await given.cache.image(name, given.index.digest)).toBeUndefined()
  })

  it('A first pull by digest of an index imports its images', async () => {
    await using given = await cacheOf()
    await given.cache.ask(`${name}/manifests/${given.index.digest}`)
    await given.cache.settled()
    expect(await given.cache.image(name, given.amd64.digest)).toBeDefined()
  })
})

describe('network.egress "none"', () => {
  const noRoute = 'Not cached, and the registry has no route to the upstream (network.egress is "none")'

  it('A layer that is not cached gets 404 without egress, and no upstream is asked for it', async () => {
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

  it('A first pull is refused without egress, naming the setting, and cached images are served', async () => {
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

describe('choice of the cache rule', () => {
  it('The rule with the longest prefix serves a name, and ROOT serves names without another rule', async () => {
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

  it('A cached image is served after its rule is deleted, and the upstream is not asked any more', async () => {
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

describe('planned import', () => {
  it('A planned import is resumed at the next start', async () => {
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

describe('import that cannot be finished', () => {
  it('An import whose rule is deleted meanwhile reports the reason and stays planned', async () => {
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

  it('HEAD and GET both answer 404 for a layer that can no longer be fetched', async () => {
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

  it('An import brings the other blobs and platforms although one layer is broken', async () => {
    await using given = await cacheOf()
    given.upstream.fault(given.amd64.layers[0]!, status(404))
    await given.cache.ask(`${name}/manifests/latest`)
    await given.cache.settled()
    for (const layer of given.arm64.layers) expect(await given.cache.blobs.size(layer)).toBeGreaterThan(0)
    expect(await given.cache.blobs.size(given.amd64.layers[1]!)).toBeGreaterThan(0)
  })
})
