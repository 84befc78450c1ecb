import { PutObjectCommand, S3Client } from '@aws-sdk/client-s3'
import { afterAll, beforeEach, describe, expect, it } from 'vitest'
import { request } from 'undici'
import { downloadUrl } from '../../src/access/download-url.js'
import { verifiedBlobs } from '../../src/adapters/memory/verified-blobs.js'
import { streamed } from '../../src/adapters/s3/streamed.js'
import { registry, startCache } from '../support/cache.js'
import { faultyUpstream } from '../support/faulty-upstream.js'
import { stall } from '../support/upstream-faults.js'
import { impatient, s3WithStores } from '../support/s3-blobs.js'

const s3 = await s3WithStores()
afterAll(() => s3[Symbol.asyncDispose]())
beforeEach(() => void s3.server.heal())
const name = 'quay/team/app'

async function pulledToS3({ stream = false, arrivesLater = false } = {}) {
  const upstream = await faultyUpstream()
  const image = upstream.addImage('team/app', { tag: 'v1', layerSize: 100_000 })
  const layer = image.layers[0] ?? ''
  if (arrivesLater) upstream.fault(`/blobs/${layer}`, stall(1000))
  const blobs = await s3.store({ ...impatient, idleMs: 500 })
  await blobs.clear()
  const cache = await startCache({
    upstreams: { 'quay.io': upstream.url },
    blobs: verifiedBlobs(stream ? streamed(blobs) : blobs, { log: { error() {} }, hashesOnSend: false }),
  })
  await cache.addRule({ ecrRepositoryPrefix: 'quay', upstreamRegistryUrl: 'quay.io' })
  await (await cache.ask(`${name}/manifests/v1`)).body.dump()
  if (!arrivesLater) await cache.settled()
  return {
    ...{ upstream, cache, layer, bytes: upstream.content.blobs.get(layer)! },
    arrive: () => upstream.heal(),
    ask: (headers: Record<string, string> = {}, method: 'GET' | 'HEAD' = 'GET') =>
      cache.ask(`${name}/blobs/${layer}`, headers, method),
    async [Symbol.asyncDispose]() {
      await cache[Symbol.asyncDispose]()
      await upstream.close()
    },
  }
}

const bytesOf = async ({ body }: Awaited<ReturnType<typeof request>>) => Buffer.from(await body.arrayBuffer())

describe('layer in S3', () => {
  it('A layer in S3 is answered with 307 and a presigned URL that also serves ranges', async () => {
    await using given = await pulledToS3()
    const answer = await given.ask()
    await answer.body.dump()
    expect([answer.statusCode, answer.headers['docker-content-digest']]).toEqual([307, given.layer])
    const location = String(answer.headers.location)
    expect(location).toMatch(new RegExp(`^${s3.server.url}/images/${s3.prefix}/blobs/.*X-Amz-Expires=3600`))
    expect((await bytesOf(await request(location))).equals(given.bytes)).toBe(true)
    const range = await request(location, { headers: { range: 'bytes=5-9' } })
    expect([range.statusCode, await bytesOf(range)]).toEqual([206, given.bytes.subarray(5, 10)])
  })

  it('HEAD of a layer in S3 and GET of its manifest are answered by the registry itself', async () => {
    await using given = await pulledToS3()
    const head = await given.ask({}, 'HEAD')
    expect([head.statusCode, head.headers['content-length']]).toEqual([200, String(given.bytes.length)])
    const manifest = await given.cache.ask(`${name}/manifests/v1`)
    expect(manifest.statusCode).toBe(200)
    await manifest.body.dump()
  })

  it('The URL of GetDownloadUrlForLayer redirects to S3, and HEAD is answered directly', async () => {
    await using given = await pulledToS3()
    const { cache, layer } = given
    const now = await cache.clock.now()
    const url = downloadUrl(cache.url, { registry, repository: name, digest: layer }, now, 'both planes hold this')
    const answer = await request(url)
    await answer.body.dump()
    expect(answer.statusCode).toBe(307)
    expect((await bytesOf(await request(String(answer.headers.location)))).equals(given.bytes)).toBe(true)
    const head = await request(url, { method: 'HEAD' })
    expect([head.statusCode, head.headers['content-length']]).toEqual([200, String(given.bytes.length)])
  })

  it.each([false, true])('A layer truncated in S3 is fetched again from upstream (streamed: %s)', async (stream) => {
    await using given = await pulledToS3({ stream })
    const [algorithm = '', hex = ''] = given.layer.split(':')
    await new S3Client({ forcePathStyle: true }).send(
      new PutObjectCommand({
        Bucket: 'images',
        Key: `${s3.prefix}/blobs/${algorithm}/${hex}`,
        Body: Buffer.from('cut'),
      }),
    )
    const answer = await given.ask()
    expect([answer.statusCode, (await bytesOf(answer)).equals(given.bytes)]).toEqual([200, true])
    await given.cache.settled()
    expect(await given.cache.blobs.size(given.layer)).toBe(given.bytes.length)
  })

  it('A layer in S3 passes through the registry where blobs are streamed', async () => {
    await using given = await pulledToS3({ stream: true })
    const answer = await given.ask({ range: 'bytes=5-9' })
    expect([answer.statusCode, await bytesOf(answer)]).toEqual([206, given.bytes.subarray(5, 10)])
    expect((await bytesOf(await given.ask())).equals(given.bytes)).toBe(true)
  })

  it('A layer is streamed while it arrives and redirected to S3 afterwards', async () => {
    await using given = await pulledToS3({ arrivesLater: true })
    const answer = await given.ask()
    expect(answer.statusCode).toBe(200)
    given.arrive()
    expect((await bytesOf(answer)).equals(given.bytes)).toBe(true)
    await given.cache.settled()
    const later = await given.ask()
    await later.body.dump()
    expect(later.statusCode).toBe(307)
  })

  it.each([500, 503, 'hang', 'reset'] as const)('A layer gets 503 while S3 is unavailable (%s)', async (fault) => {
    await using given = await pulledToS3()
    s3.server.failNext(1000, fault)
    const answer = await given.ask()
    expect([answer.statusCode, await answer.body.json()]).toMatchObject([503, { errors: [{ code: 'UNAVAILABLE' }] }])
    s3.server.heal()
    const after = await given.ask()
    await after.body.dump()
    expect(after.statusCode).toBe(307)
  })

  it.each(['truncate', 'reset'] as const)(
    'A streamed layer arrives whole although S3 breaks off the transfer (%s)',
    async (fault) => {
      await using given = await pulledToS3({ stream: true })
      s3.server.failNext(1, fault, { operation: /GetObject/ })
      expect((await bytesOf(await given.ask())).equals(given.bytes)).toBe(true)
      expect(s3.server.heal()).toBe(0)
      s3.server.failNext(1000, 'truncate', { operation: /GetObject/, after: 1 })
      await given
        .ask()
        .then(bytesOf)
        .then((bytes) => expect(bytes.equals(given.bytes)).toBe(true))
      s3.server.heal()
    },
  )
})
