import { request } from 'undici'
import { describe, expect, it } from 'vitest'
import { DOWNLOAD_URL_LIFETIME_MS, downloadUrl } from '../../src/access/download-url.js'
import { registry, startCache } from '../support/cache.js'
import { faultyUpstream } from '../support/faulty-upstream.js'

const name = 'quay/team/app'

async function pulled() {
  const upstream = await faultyUpstream()
  const [layer = ''] = upstream.addImage('team/app', { tag: 'v1', layerSize: 1000 }).layers
  const cache = await startCache({ upstreams: { 'quay.io': upstream.url } })
  await cache.addRule({ ecrRepositoryPrefix: 'quay', upstreamRegistryUrl: 'quay.io' })
  await cache.ask(`${name}/manifests/v1`)
  const url = async (repository = name) =>
    downloadUrl(cache.url, { registry, repository, digest: layer }, await cache.clock.now(), 'both planes hold this')
  return {
    ...{ upstream, cache, layer, url },
    async [Symbol.asyncDispose]() {
      await cache[Symbol.asyncDispose]()
      await upstream.close()
    },
  }
}

describe('layer URL', () => {
  it('A layer URL returns the layer without credentials, even if it is not cached yet', async () => {
    await using given = await pulled()
    const answer = await request(await given.url())
    expect(answer.statusCode).toBe(200)
    const bytes = Buffer.from(await answer.body.arrayBuffer())
    expect(bytes.equals(given.upstream.content.blobs.get(given.layer)!)).toBe(true)
  })

  it('A layer URL answers a Range header with 206', async () => {
    await using given = await pulled()
    const answer = await request(await given.url(), { headers: { range: 'bytes=10-19' } })
    expect([answer.statusCode, answer.headers['content-range']]).toEqual([206, 'bytes 10-19/1000'])
  })

  it('A layer URL is refused with 403 if it was altered or has expired', async () => {
    await using given = await pulled()
    const url = await given.url()
    expect((await request(url.replace('1111', '2222'))).statusCode).toBe(403)
    await given.cache.clock.advance(DOWNLOAD_URL_LIFETIME_MS / 1000)
    expect((await request(url)).statusCode).toBe(403)
  })

  it('A layer URL for a repository without the layer is answered with 404', async () => {
    await using given = await pulled()
    expect((await request(await given.url('quay/team/other'))).statusCode).toBe(404)
  })
})
