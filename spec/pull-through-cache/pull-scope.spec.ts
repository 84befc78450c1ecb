import { describe, expect, it } from 'vitest'
import { pullScope } from '../../src/pull-through-cache/backlog/pull-scope.js'
import { installation } from '../../src/registry/registry.js'
import { startCache } from '../support/cache.js'
import { faultyUpstream } from '../support/faulty-upstream.js'
import { mediaTypes } from '../support/upstream-content.js'

describe('scope of one pull', () => {
  it('One pull takes each image once', () => {
    const scope = pullScope()
    expect(scope.takeImage('sha256:a', 0)).toBe(true)
    expect(scope.takeImage('sha256:a', 1)).toBe(false)
    expect(scope.leftOut()).toBeUndefined()
  })

  it('One pull takes at most 1000 images and 10,000 blobs and reports what it left out', () => {
    const scope = pullScope()
    const taken = Array.from({ length: 20_000 }, (_, index) => scope.takeImage(`sha256:${index}`, 1))
    expect(taken.filter(Boolean)).toHaveLength(1000)
    expect(scope.takeBlobs(Array.from({ length: 9_999 }))).toHaveLength(9_999)
    expect(scope.takeBlobs(['config', 'layer'])).toEqual(['config'])
    expect(scope.leftOut()).toBe(
      'not imported after this pull: 19000 images (the limit is 1000), 1 blobs (the limit is 10000); each is imported when it is pulled by its digest',
    )
  })
})

describe('index of indexes', () => {
  it('An index of indexes is imported four levels deep, and the rest can be pulled by digest', async () => {
    await using upstream = await faultyUpstream()
    const digests: string[] = []
    let inner = upstream.addImage('team/app')
    for (let depth = 0; depth < 8; depth++) {
      const { mediaType, digest, bytes } = inner
      digests.unshift(digest)
      const manifests = [{ mediaType, digest, size: bytes.length }]
      const index = Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType: mediaTypes.ociIndex, manifests }))
      inner = { ...inner, ...upstream.addManifest('team/app', index, mediaTypes.ociIndex) }
    }
    upstream.tag('team/app', 'deep', inner.digest)
    await using cache = await startCache({ upstreams: { 'quay.io': upstream.url } })
    await cache.addRule({ ecrRepositoryPrefix: 'quay', upstreamRegistryUrl: 'quay.io' })
    expect((await cache.ask('quay/team/app/manifests/deep')).statusCode).toBe(200)
    await cache.settled()

    const isHere = async (digest: string) => (await cache.image('quay/team/app', digest)) !== undefined
    expect(await Promise.all(digests.map(isHere))).toEqual([true, true, true, true, false, false, false, false])
    expect((await cache.events()).at(-1)).toMatchObject({
      ...{ action: 'import', 'sync-status': 'FAILED', 'image-digest': inner.digest },
      outcome:
        'not imported after this pull: 1 images nested more than 4 indexes deep; each is imported when it is pulled by its digest',
    })
    expect((await cache.ask(`quay/team/app/manifests/${digests[4]}`)).statusCode).toBe(200)
    await cache.settled()
    expect(await isHere(digests[7] ?? '')).toBe(true)
  })
})

describe('nested index that fails', () => {
  it('A nested index that fails is planned with the index that was pulled and not on its own', async () => {
    await using upstream = await faultyUpstream()
    const image = upstream.addImage('team/app')
    const inner = upstream.addIndex('team/app', [image])
    const { digest, mediaType, bytes } = inner
    const outer = Buffer.from(
      JSON.stringify({
        ...{ schemaVersion: 2, mediaType: mediaTypes.ociIndex },
        manifests: [{ mediaType, digest, size: bytes.length }],
      }),
    )
    upstream.tag('team/app', 'v1', upstream.addManifest('team/app', outer, mediaTypes.ociIndex).digest)
    upstream.content.blobs.delete(image.config)
    await using cache = await startCache({ upstreams: { 'quay.io': upstream.url } })
    await cache.addRule({ ecrRepositoryPrefix: 'quay', upstreamRegistryUrl: 'quay.io' })
    const pulled = await cache.ask('quay/team/app/manifests/v1')
    await cache.settled()
    expect(await cache.image('quay/team/app', image.digest)).toBeDefined()
    const plans = await cache.store.imports.list(installation, { limit: 10 })
    expect(plans.items.map((plan) => plan.digest)).toEqual([pulled.headers['docker-content-digest']])
  })
})
