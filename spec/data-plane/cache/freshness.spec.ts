import { describe, expect, it } from 'vitest'
import { memoryKeyValue } from '../../../src/adapters/memory/key-value.js'
import { NoSpace } from '../../../src/registry/ports/blob-store.js'
import { keyOf } from '../../../src/registry/ports/store.js'
import { newRepository } from '../../../src/registry/repositories/repository.js'
import { storeOf } from '../../../src/store/store.js'
import { registry, startCache } from '../../support/cache.js'
import { faultyUpstream } from '../../support/faulty-upstream.js'
import { stall, status, withoutHeader } from '../../support/upstream-faults.js'

const DAY = 24 * 60 * 60
const name = 'quay/team/app'

/** A cache that has pulled `team/app:v1`, and an upstream where the tag has moved since then. */
async function movedTag({ pull = true } = {}) {
  const upstream = await faultyUpstream()
  const old = upstream.addImage('team/app', { tag: 'v1', seed: 'old' })
  const cache = await startCache({ upstreams: { 'quay.io': upstream.url }, limits: { resolveMs: 300 } })
  await cache.addRule({ ecrRepositoryPrefix: 'quay', upstreamRegistryUrl: 'quay.io' })
  if (pull) {
    await cache.ask(`${name}/manifests/v1`)
    await cache.settled()
  }
  const fresh = upstream.addImage('team/app', { tag: 'v1', seed: 'new' })
  const digest = async () => (await cache.ask(`${name}/manifests/v1`, {}, 'HEAD')).headers['docker-content-digest']
  return {
    ...{ upstream, cache, old, fresh, digest },
    checks: () => upstream.count('HEAD /v2/team/app/manifests/v1'),
    async [Symbol.asyncDispose]() {
      await cache[Symbol.asyncDispose]()
      await upstream.close()
    },
  }
}

describe('cached tag', () => {
  it('A cached tag is served for 24 hours without asking the upstream', async () => {
    await using given = await movedTag()
    await given.cache.clock.advance(DAY - 1)
    expect(await given.digest()).toBe(given.old.digest)
    expect(given.checks()).toBe(0)
  })

  it('A cached tag is checked by HEAD after 24 hours, moves, and leaves its old image untagged', async () => {
    await using given = await movedTag()
    await given.cache.clock.advance(DAY)
    expect(await given.digest()).toBe(given.fresh.digest)
    expect(given.checks()).toBe(1)
    expect(await given.cache.image(name, given.old.digest)).toMatchObject({ tags: [] })
    expect(await given.cache.image(name, given.fresh.digest)).toMatchObject({ tags: ['v1'] })
  })

  it('An unchanged cached tag costs one HEAD per 24 hours, counted from the last check', async () => {
    await using given = await movedTag()
    given.upstream.tag('team/app', 'v1', given.old.digest)
    await given.cache.clock.advance(DAY)
    for (let pull = 0; pull < 3; pull++) expect(await given.digest()).toBe(given.old.digest)
    expect(given.checks()).toBe(1)
    await given.cache.clock.advance(DAY - 1)
    await given.digest()
    expect(given.checks()).toBe(1)
    await given.cache.clock.advance(1)
    await given.digest()
    expect(given.checks()).toBe(2)
    expect((await given.cache.events()).at(-1)).toMatchObject({
      action: 'check',
      outcome: 'unchanged',
      'image-tag': 'v1',
    })
  })

  it('A cached tag that is due is checked once for 64 concurrent clients', async () => {
    await using given = await movedTag()
    await given.cache.clock.advance(DAY)
    const digests = await Promise.all(Array.from({ length: 64 }, given.digest))
    expect(new Set(digests)).toEqual(new Set([given.fresh.digest]))
    expect(given.checks()).toBe(1)
    expect(given.upstream.count(`GET /v2/team/app/manifests/${given.fresh.digest}`)).toBe(1)
  })

  it('A cached tag is checked by GET where the upstream sends no digest header', async () => {
    await using given = await movedTag()
    given.upstream.fault('manifests/v1', withoutHeader('docker-content-digest'))
    await given.cache.clock.advance(DAY)
    expect(await given.digest()).toBe(given.fresh.digest)
    expect(given.upstream.count('GET /v2/team/app/manifests/v1')).toBe(2)
  })

  it('A cached image that is pulled by digest is never checked', async () => {
    await using given = await movedTag()
    await given.cache.clock.advance(10 * DAY)
    const asked = given.upstream.requests.length
    expect((await given.cache.ask(`${name}/manifests/${given.old.digest}`)).statusCode).toBe(200)
    expect(given.upstream.requests.length).toBe(asked)
  })
})

describe('immutable cached tag', () => {
  it('An immutable cached tag keeps its image after a check, and the pull succeeds', async () => {
    await using given = await movedTag({ pull: false })
    const immutable = newRepository(name, new Date(0), { imageTagMutability: 'IMMUTABLE' })
    await given.cache.store.repositories.insert(registry, name, immutable)
    given.upstream.tag('team/app', 'v1', given.old.digest)
    expect(await given.digest()).toBe(given.old.digest)
    given.upstream.tag('team/app', 'v1', given.fresh.digest)
    await given.cache.clock.advance(DAY)
    for (let pull = 0; pull < 3; pull++) expect(await given.digest()).toBe(given.old.digest)
    expect(given.checks()).toBe(1)
    expect((await given.cache.events()).map(({ outcome }) => outcome)).toContain(
      'imported untagged: the tag is immutable or was pushed, and keeps its image',
    )
  })
})

describe('failed freshness check', () => {
  it.each([
    ['no answer in time', () => stall()],
    ['503', () => status(503)],
    ['429', () => status(429)],
  ])('A check that fails with %s serves the cached image and is not repeated for 15 minutes', async (_, fault) => {
    await using given = await movedTag()
    given.upstream.fault('HEAD /v2/team/app/manifests/v1', fault())
    await given.cache.clock.advance(DAY)
    expect(await given.digest()).toBe(given.old.digest)
    expect((await given.cache.events()).at(-1)).toMatchObject({ action: 'check', 'sync-status': 'FAILED' })
    const checks = given.checks()
    expect(checks).toBeGreaterThan(0)
    await given.cache.clock.advance(15 * 60 - 1)
    expect(await given.digest()).toBe(given.old.digest)
    expect(given.checks()).toBe(checks)
    given.upstream.heal()
    await given.cache.clock.advance(1)
    expect(await given.digest()).toBe(given.fresh.digest)
  })

  it('A cached image that its upstream no longer has is served for another 24 hours', async () => {
    await using given = await movedTag()
    given.upstream.remove('team/app', 'v1')
    await given.cache.clock.advance(DAY)
    expect(await given.digest()).toBe(given.old.digest)
    await given.cache.clock.advance(DAY - 1)
    expect(await given.digest()).toBe(given.old.digest)
    expect(given.checks()).toBe(1)
  })
})

describe('cached image whose check cannot be made', () => {
  it('A cached image is served although the secret of its rule is gone', async () => {
    await using upstream = await faultyUpstream()
    const { digest } = upstream.addImage('team/app', { tag: 'v1' })
    const credentialArn = 'arn:aws:secretsmanager:us-east-1:111122223333:secret:ecr-pullthroughcache/quay'
    let secret: { username: string; accessToken: string } | undefined = { username: 'u', accessToken: 't' }
    await using cache = await startCache({
      upstreams: { 'quay.io': upstream.url },
      secrets: { get: async () => secret },
    })
    await cache.addRule({ ecrRepositoryPrefix: 'quay', upstreamRegistryUrl: 'quay.io', credentialArn })
    expect((await cache.ask(`${name}/manifests/v1`)).statusCode).toBe(200)
    secret = undefined
    await cache.clock.advance(DAY)
    expect((await cache.ask(`${name}/manifests/v1`)).headers['docker-content-digest']).toBe(digest)
    expect((await cache.events()).at(-1)).toMatchObject({ action: 'check', 'sync-status': 'FAILED' })
    expect((await cache.ask(`${name}/manifests/v2`)).statusCode).toBe(403)
  })

  it('A cached image is served although the disk is full and no check can be recorded', async () => {
    const keyValue = memoryKeyValue()
    let isFull = false
    const store = storeOf({
      ...keyValue,
      commit: async (...write) => {
        if (isFull) throw new NoSpace('no room')
        return keyValue.commit(...write)
      },
    })
    await using upstream = await faultyUpstream()
    const { digest } = upstream.addImage('team/app', { tag: 'v1' })
    await using cache = await startCache({ upstreams: { 'quay.io': upstream.url }, store })
    await cache.addRule({ ecrRepositoryPrefix: 'quay', upstreamRegistryUrl: 'quay.io' })
    await cache.ask(`${name}/manifests/v1`)
    await cache.settled()
    upstream.addImage('team/app', { tag: 'v1', seed: 'newer' })
    isFull = true
    await cache.clock.advance(DAY)
    const answer = await cache.ask(`${name}/manifests/v1`)
    isFull = false
    expect([answer.statusCode, answer.headers['docker-content-digest']]).toEqual([200, digest])
  })
})

describe('pushed tag', () => {
  it('A tag that is pushed during a check of the cached tag keeps the pushed image', async () => {
    await using given = await movedTag()
    given.upstream.fault('HEAD /v2/team/app/manifests/v1', stall(), { times: 1 })
    await given.cache.clock.advance(DAY)
    const pull = given.digest()
    await given.upstream.asked('HEAD /v2/team/app/manifests/v1')
    const pushed = { repository: name, tag: 'v1', digest: given.old.digest }
    await given.cache.store.tags.put(registry, keyOf(name, 'v1'), pushed)
    given.upstream.release()
    await pull
    expect(await given.cache.store.tags.get(registry, keyOf(name, 'v1'))).toEqual(pushed)
    await given.cache.clock.advance(DAY)
    expect(await given.digest()).toBe(given.old.digest)
  })

  it('A pushed tag is never checked with the upstream', async () => {
    await using given = await movedTag()
    const pushed = { repository: name, tag: 'mine', digest: given.old.digest }
    await given.cache.store.tags.put(registry, keyOf(name, 'mine'), pushed)
    await given.cache.clock.advance(10 * DAY)
    expect((await given.cache.ask(`${name}/manifests/mine`)).statusCode).toBe(200)
    expect(given.upstream.count('manifests/mine')).toBe(0)
  })
})
