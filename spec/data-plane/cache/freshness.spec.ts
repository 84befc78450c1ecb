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

/** A cache that has pulled `team/app:v1`, and an upstream where the tag has moved since. */
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

describe('a cached tag', () => {
  it('is served without asking the upstream for 24 hours', async () => {
    await using given = await movedTag()
    await given.cache.clock.advance(DAY - 1)
    expect(await given.digest()).toBe(given.old.digest)
    expect(given.checks()).toBe(0)
  })

  it('is checked after 24 hours, by HEAD: a newer image is imported, the tag moves, the old image stays untagged', async () => {
    await using given = await movedTag()
    await given.cache.clock.advance(DAY)
    expect(await given.digest()).toBe(given.fresh.digest)
    expect(given.checks()).toBe(1)
    expect(await given.cache.image(name, given.old.digest)).toMatchObject({ tags: [] })
    expect(await given.cache.image(name, given.fresh.digest)).toMatchObject({ tags: ['v1'] })
  })

  it('costs one HEAD a day where nothing changed, counted from the check', async () => {
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

  it('is checked once under 64 clients', async () => {
    await using given = await movedTag()
    await given.cache.clock.advance(DAY)
    const digests = await Promise.all(Array.from({ length: 64 }, given.digest))
    expect(new Set(digests)).toEqual(new Set([given.fresh.digest]))
    expect(given.checks()).toBe(1)
    expect(given.upstream.count(`GET /v2/team/app/manifests/${given.fresh.digest}`)).toBe(1)
  })

  it('is checked by GET where the upstream does not tell its digest', async () => {
    await using given = await movedTag()
    given.upstream.fault('manifests/v1', withoutHeader('docker-content-digest'))
    await given.cache.clock.advance(DAY)
    expect(await given.digest()).toBe(given.fresh.digest)
    expect(given.upstream.count('GET /v2/team/app/manifests/v1')).toBe(2)
  })

  it('is never checked when pulled by digest', async () => {
    await using given = await movedTag()
    await given.cache.clock.advance(10 * DAY)
    const asked = given.upstream.requests.length
    expect((await given.cache.ask(`${name}/manifests/${given.old.digest}`)).statusCode).toBe(200)
    expect(given.upstream.requests.length).toBe(asked)
  })
})

describe('an immutable tag', () => {
  it('keeps its old image after a check, and the pull succeeds', async () => {
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

describe('a check that fails', () => {
  it.each([
    ['no answer in time', () => stall()],
    ['503', () => status(503)],
    ['429', () => status(429)],
  ])('with %s serves the cached image and is not repeated for 15 minutes', async (_, fault) => {
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

  it('because the upstream no longer has the image counts as answered: it is served for another 24 hours', async () => {
    await using given = await movedTag()
    given.upstream.remove('team/app', 'v1')
    await given.cache.clock.advance(DAY)
    expect(await given.digest()).toBe(given.old.digest)
    await given.cache.clock.advance(DAY - 1)
    expect(await given.digest()).toBe(given.old.digest)
    expect(given.checks()).toBe(1)
  })
})

describe('a cached image', () => {
  it('is served though the secret its rule names is gone', async () => {
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

  it('is served though the disk is full and no check can be written down', async () => {
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

describe('a pushed tag', () => {
  it('stays the pushed one though a check of the old tag was under way', async () => {
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

  it('is never checked with an upstream that does not have it', async () => {
    await using given = await movedTag()
    const pushed = { repository: name, tag: 'mine', digest: given.old.digest }
    await given.cache.store.tags.put(registry, keyOf(name, 'mine'), pushed)
    await given.cache.clock.advance(10 * DAY)
    expect((await given.cache.ask(`${name}/manifests/mine`)).statusCode).toBe(200)
    expect(given.upstream.count('manifests/mine')).toBe(0)
  })
})
