import { describe, expect, it } from 'vitest'
import { defaultQuotas, type Quotas } from '../../../src/registry/quotas.js'
import { registry, startCache } from '../../support/cache.js'
import { faultyUpstream } from '../../support/faulty-upstream.js'

const DAY = 24 * 60 * 60
const name = 'quay/team/app'

async function cacheWith(quotas: Partial<Quotas>) {
  const upstream = await faultyUpstream()
  const old = upstream.addImage('team/app', { tag: 'v1', seed: 'old' })
  const cache = await startCache({
    upstreams: { 'quay.io': upstream.url },
    quotas: { ...defaultQuotas, ...quotas },
  })
  await cache.addRule({ ecrRepositoryPrefix: 'quay', upstreamRegistryUrl: 'quay.io' })
  return {
    ...{ upstream, cache, old },
    async [Symbol.asyncDispose]() {
      await cache[Symbol.asyncDispose]()
      await upstream.close()
    },
  }
}

const refusalOf = async (answer: Awaited<ReturnType<Awaited<ReturnType<typeof cacheWith>>['cache']['ask']>>) => ({
  status: answer.statusCode,
  ...((await answer.body.json()) as object),
})

describe('first pull at a quota', () => {
  it('A first pull is refused with 403 if the registry is at its quota of repositories', async () => {
    await using given = await cacheWith({ repositories: 0 })
    expect(await refusalOf(await given.cache.ask(`${name}/manifests/v1`))).toEqual({
      status: 403,
      errors: [{ code: 'DENIED', message: expect.stringContaining('would have exceeded a service limit') as string }],
    })
    expect(await given.cache.store.repositories.get(registry, name)).toBeUndefined()
    expect((await given.cache.events()).at(-1)).toMatchObject({ action: 'import', 'sync-status': 'FAILED' })
  })

  it('A first pull is refused with 403 if the repository is at its quota of images', async () => {
    await using given = await cacheWith({ imagesPerRepository: 1 })
    expect((await given.cache.ask(`${name}/manifests/v1`)).statusCode).toBe(200)
    given.upstream.addImage('team/app', { tag: 'v2', seed: 'another' })
    expect(await refusalOf(await given.cache.ask(`${name}/manifests/v2`))).toEqual({
      status: 403,
      errors: [
        {
          code: 'DENIED',
          message: `The repository with name '${name}' in registry with id '111122223333' already has the maximum allowed number of images which is '1'`,
        },
      ],
    })
  })

  it('A first pull is not held to the stricter manifest rules of a push', async () => {
    await using given = await cacheWith({})
    const subject = { mediaType: given.old.mediaType, digest: given.old.digest, size: given.old.bytes.length }
    const extra = {
      subject: { ...subject, platform: { architecture: 'amd64', os: 'linux' } },
      artifactType: 'application/vnd.dev.sigstore.bundle+json;version=0.2',
    }
    const artifact = given.upstream.addImage('team/app', { tag: 'artifact', layers: 0, extra })
    const answer = await given.cache.ask(`${name}/manifests/artifact`)
    expect(answer.statusCode).toBe(200)
    expect(Buffer.from(await answer.body.arrayBuffer()).equals(artifact.bytes)).toBe(true)
  })
})

describe('freshness check at a quota', () => {
  it('A check keeps the cached image if the repository is at its quota of images', async () => {
    await using given = await cacheWith({ imagesPerRepository: 1 })
    await given.cache.ask(`${name}/manifests/v1`)
    await given.cache.settled()
    given.upstream.addImage('team/app', { tag: 'v1', seed: 'new' })
    await given.cache.clock.advance(DAY)
    const answer = await given.cache.ask(`${name}/manifests/v1`)
    expect([answer.statusCode, answer.headers['docker-content-digest']]).toEqual([200, given.old.digest])
    expect((await given.cache.events()).at(-1)).toMatchObject({ action: 'check', 'sync-status': 'FAILED' })
  })
})
