import { describe, expect, it } from 'vitest'
import { changeStorageClass } from '../../src/registry/images/storage-class-change.js'
import { imageStatus } from '../../src/registry/images/storage-class.js'
import { registry, startCache } from '../support/cache.js'
import { faultyUpstream } from '../support/faulty-upstream.js'

const DAY = 24 * 60 * 60
const name = 'quay/team/app'

/** A cache whose image `team/app:v1` was pulled and then archived. */
async function withArchivedImage() {
  const upstream = await faultyUpstream()
  const image = upstream.addImage('team/app', { tag: 'v1', seed: 'old' })
  const cache = await startCache({ upstreams: { 'quay.io': upstream.url } })
  await cache.addRule({ ecrRepositoryPrefix: 'quay', upstreamRegistryUrl: 'quay.io' })
  await cache.ask(`${name}/manifests/v1`)
  await cache.settled()
  const now = await cache.clock.now()
  const change = {
    repository: name,
    digest: image.digest,
    target: { class: 'ARCHIVE' },
    now,
    cause: 'request',
  } as const
  await changeStorageClass(cache, registry, change)
  const pull = async () => {
    const answer = await cache.ask(`${name}/manifests/v1`)
    return {
      status: answer.statusCode,
      digest: answer.headers['docker-content-digest'],
      body: await answer.body.text(),
    }
  }
  return {
    upstream,
    cache,
    image,
    pull,
    async [Symbol.asyncDispose]() {
      await cache[Symbol.asyncDispose]()
      await upstream.close()
    },
  }
}

describe('archived image of a cache', () => {
  it('A pull of a cached image that was archived is refused, and not fetched from the upstream again', async () => {
    await using given = await withArchivedImage()
    const before = given.upstream.requests.length

    const { status, body } = await given.pull()
    expect(status).toBe(404)
    expect(body).toContain('Requested image is archived.')
    expect(given.upstream.requests.length).toBe(before)
  })

  it('A check that finds the same image leaves it archived; one that finds a newer image serves that', async () => {
    await using given = await withArchivedImage()
    await given.cache.clock.advance(DAY)
    expect((await given.pull()).status).toBe(404)

    const fresh = given.upstream.addImage('team/app', { tag: 'v1', seed: 'new' })
    await given.cache.clock.advance(DAY)
    expect(await given.pull()).toMatchObject({ status: 200, digest: fresh.digest })
    const old = await given.cache.image(name, given.image.digest)
    expect(old && imageStatus(old, await given.cache.clock.now())).toBe('ARCHIVED')
  })

  it('A forced import of the same image leaves it archived', async () => {
    await using given = await withArchivedImage()
    await given.cache.importImage(name, 'v1')
    expect((await given.pull()).status).toBe(404)
  })
})
