import { describe, expect, it } from 'vitest'
import { nextCheckDueAt } from '../../src/registry/cache-rules/cache-rule.js'
import { keyOf } from '../../src/registry/ports/store.js'
import { installation } from '../../src/registry/registry.js'
import { registry, startCache } from '../support/cache.js'
import { faultyUpstream } from '../support/faulty-upstream.js'
import { status } from '../support/upstream-faults.js'

const name = 'quay/team/app'
const settings = { checkIntervalSeconds: 86_400, retryIntervalSeconds: 900 }
const head = 'HEAD /v2/team/app/manifests/v1'

/** A cache that pulled `team/app:v1` an hour ago. */
async function pulledAnHourAgo() {
  const upstream = await faultyUpstream()
  const image = upstream.addImage('team/app', { tag: 'v1', seed: 'old' })
  const cache = await startCache({ upstreams: { 'quay.io': upstream.url } })
  await cache.addRule({ ecrRepositoryPrefix: 'quay', upstreamRegistryUrl: 'quay.io' })
  await cache.importImage(name, 'v1')
  const now = (await cache.clock.advance(3600)).getTime()
  return {
    upstream,
    cache,
    image,
    now,
    check: () => cache.importImage(name, 'v1'),
    tag: async () => {
      const { digest, upstream: checks } = (await cache.store.tags.get(registry, keyOf(name, 'v1')))!
      return { digest, ...checks!, dueAt: nextCheckDueAt(checks!, settings) }
    },
    async [Symbol.asyncDispose]() {
      await cache[Symbol.asyncDispose]()
      await upstream.close()
    },
  }
}

describe('check of a cached tag on request', () => {
  it('An unchanged tag costs one HEAD, and its last and its next check move', async () => {
    await using given = await pulledAnHourAgo()
    const { now, image } = given
    const requests = given.upstream.requests.length
    expect(await given.tag()).toMatchObject({ checkedAt: now - 3_600_000, dueAt: now - 3_600_000 + 86_400_000 })
    expect(await given.check()).toMatchObject({ image: { digest: image.digest } })
    expect(await given.tag()).toEqual({ digest: image.digest, checkedAt: now, dueAt: now + 86_400_000 })
    expect(given.upstream.requests).toHaveLength(requests + 1)
    expect(given.upstream.count(head)).toBe(1)
  })

  it('A tag that has moved is imported with all its layers before the answer', async () => {
    await using given = await pulledAnHourAgo()
    const fresh = given.upstream.addImage('team/app', { tag: 'v1', seed: 'new' })
    expect(await given.check()).toMatchObject({ image: { digest: fresh.digest } })
    expect(await given.tag()).toMatchObject({ digest: fresh.digest, checkedAt: given.now })
    for (const digest of fresh.layers) expect(await given.cache.blobs.size(digest)).toBeGreaterThan(0)
    expect(await given.cache.store.imports.list(installation, { limit: 1 })).toEqual({ items: [] })
  })

  it('A tag that the upstream no longer has keeps its image, and the reason is what the upstream answered', async () => {
    await using given = await pulledAnHourAgo()
    given.upstream.remove('team/app', 'v1')
    expect(await given.check()).toEqual({
      imageId: { imageTag: 'v1' },
      failureCode: 'ImageNotFound',
      failureReason: expect.stringMatching(
        /^The upstream registry quay\.io answered the request for .*v1.* with 404 Not Found/,
      ),
    })
    expect(await given.tag()).toMatchObject({ digest: given.image.digest, checkedAt: given.now })
  })

  it('An upstream that fails is named with its answer, and the next check is due after the retry interval', async () => {
    await using given = await pulledAnHourAgo()
    given.upstream.fault('/v2/team/app/', status(500))
    await given.cache.clock.advance(86_400)
    const now = given.now + 86_400_000
    expect(await given.check()).toMatchObject({
      failureCode: 'UpstreamUnavailable',
      failureReason: expect.stringMatching(/^The upstream registry quay\.io answered the request for .* with 500/),
    })
    expect(await given.tag()).toMatchObject({ failedAt: now, dueAt: now + 900_000 })
  })
})
