import { describe, expect, it } from 'vitest'
import { newRepository } from '../../src/registry/repositories/repository.js'
import { registry, startCache } from '../support/cache.js'
import { faultyUpstream } from '../support/faulty-upstream.js'
import { allowing, userOf } from '../support/registry.js'
import { type AddedImage, makeIndex, mediaTypes } from '../support/upstream-content.js'
import { stall, status } from '../support/upstream-faults.js'

const HOUR = 60 * 60
const name = 'quay/team/app'
const BUNDLE = 'application/vnd.dev.sigstore.bundle.v0.3+json'
const SBOM = 'application/spdx+json'
const users = {
  dev: { policies: [allowing('ecr:*')] },
  puller: { policies: [allowing(['ecr:BatchGetImage', 'ecr:GetDownloadUrlForLayer'])] },
}

/** An upstream image with a signature and an SBOM, and a cache in front of it. */
async function signedImage({ pull = true } = {}) {
  const upstream = await faultyUpstream()
  const image = upstream.addImage('team/app', { tag: 'v1' })
  const refer = (seed: string, artifactType: string, to: AddedImage = image) => {
    const subject = { mediaType: to.mediaType, digest: to.digest, size: to.bytes.length }
    return upstream.addImage('team/app', { seed, layers: 1, extra: { artifactType, subject } })
  }
  const [signature, sbom] = [refer('signature', BUNDLE), refer('sbom', SBOM)]
  const cache = await startCache({
    upstreams: { 'quay.io': upstream.url },
    accounts: { [registry.account]: { users } },
    limits: { resolveMs: 300 },
  })
  await cache.addRule({ ecrRepositoryPrefix: 'quay', upstreamRegistryUrl: 'quay.io' })
  if (pull) await (await cache.ask(`${name}/manifests/v1`)).body.dump()
  const list = async (query = '', user: keyof typeof users = 'dev', digest = image.digest) => {
    const holder = userOf(user, registry.account)
    const answer = await cache.ask(`${name}/referrers/${digest}${query}`, {}, 'GET', holder)
    const { manifests = [] } = (await answer.body.json()) as { manifests?: { digest: string; artifactType: string }[] }
    return {
      status: answer.statusCode,
      headers: answer.headers,
      manifests,
      digests: manifests.map((one) => one.digest),
    }
  }
  return {
    ...{ upstream, image, signature, sbom, cache, refer, list },
    both: [signature.digest, sbom.digest].sort(),
    lists: () => upstream.count('/referrers/'),
    async [Symbol.asyncDispose]() {
      await cache[Symbol.asyncDispose]()
      await upstream.close()
    },
  }
}

describe('referrers of a cached image', () => {
  it('The referrers of a cached image come from the upstream and can be pulled when it is down', async () => {
    await using given = await signedImage()
    expect((await given.list()).digests).toEqual(given.both)
    await given.cache.settled()
    await given.upstream.close()
    expect((await given.cache.ask(`${name}/manifests/${given.signature.digest}`)).statusCode).toBe(200)
    for (const blob of [given.signature.config, ...given.signature.layers])
      expect((await given.cache.ask(`${name}/blobs/${blob}`)).statusCode).toBe(200)
  })

  it('The referrers of a cached image can be filtered by artifact type', async () => {
    await using given = await signedImage()
    const answer = await given.list(`?artifactType=${encodeURIComponent(BUNDLE)}`)
    expect(answer.headers['oci-filters-applied']).toBe('artifactType')
    expect(answer.manifests).toMatchObject([{ digest: given.signature.digest, artifactType: BUNDLE }])
  })

  it('The referrers of a cached image are requested once in six hours, and new ones are imported', async () => {
    await using given = await signedImage()
    await given.list()
    const later = given.refer('later', SBOM)
    await given.cache.clock.advance(6 * HOUR - 1)
    expect((await given.list()).digests).toEqual(given.both)
    expect(given.lists()).toBe(1)
    await given.cache.clock.advance(1)
    expect((await given.list()).digests).toEqual([...given.both, later.digest].sort())
    expect(given.lists()).toBe(2)
    expect(given.upstream.count(`/manifests/${given.signature.digest}`)).toBe(1)
  })

  it('The referrers of a cached image are requested once for 32 concurrent clients', async () => {
    await using given = await signedImage()
    const lists = await Promise.all(Array.from({ length: 32 }, () => given.list()))
    for (const { digests } of lists) expect(digests).toEqual(given.both)
    expect(given.lists()).toBe(1)
  })

  it.each([
    ['503', () => status(503)],
    ['no answer in time', () => stall()],
    ['a page that is no index', () => status(200, { error: 'BROKEN' })],
  ])(
    'Cached referrers are served if the upstream fails with %s, and it is not asked for 15 minutes',
    async (_, fault) => {
      await using given = await signedImage()
      await given.list()
      given.refer('later', SBOM)
      given.upstream.fault(/\/(referrers\/|manifests\/sha256-)/, fault())
      await given.cache.clock.advance(6 * HOUR)
      const answer = await given.list()
      expect(answer.status).toBe(200)
      expect(answer.digests).toEqual(given.both)
      given.upstream.heal()
      const asked = given.lists()
      await given.cache.clock.advance(15 * 60 - 1)
      expect((await given.list()).digests).toEqual(given.both)
      expect(given.lists()).toBe(asked)
      await given.cache.clock.advance(1)
      expect((await given.list()).digests).toHaveLength(3)
    },
  )

  it('A caller without import permission gets only the referrers that are already cached', async () => {
    await using given = await signedImage()
    expect((await given.list('', 'puller')).digests).toEqual([])
    expect(given.lists()).toBe(0)
    await given.list()
    expect((await given.list('', 'puller')).digests).toEqual(given.both)
  })

  it('The referrers are found by their fallback tag where the upstream has no referrers API', async () => {
    await using given = await signedImage()
    given.upstream.fault('/referrers/', status(404))
    const { digest } = given.upstream.addIndex('team/app', [given.signature, given.sbom])
    given.upstream.tag('team/app', given.image.digest.replace(':', '-'), digest)
    expect((await given.list()).digests).toEqual(given.both)
  })

  it('An upstream without referrers API and fallback tag is not asked again for six hours', async () => {
    await using given = await signedImage()
    given.upstream.fault('/referrers/', status(404))
    expect((await given.list()).digests).toEqual([])
    await given.cache.clock.advance(6 * HOUR - 1)
    await given.list()
    expect(given.lists()).toBe(1)
  })

  it('A referrer that cannot be imported is left out, and the event says why', async () => {
    await using given = await signedImage()
    given.upstream.fault(`/manifests/${given.sbom.digest}`, status(503))
    expect((await given.list()).digests).toEqual([given.signature.digest])
    expect((await given.cache.events()).at(-1)).toMatchObject({
      ...{ action: 'referrers', 'sync-status': 'FAILED', 'image-digest': given.image.digest },
      outcome: expect.stringMatching(/^cached referrers kept: .*503 Service Unavailable/),
    })
  })

  it('A request for referrers imports the image first if it is not cached', async () => {
    await using given = await signedImage({ pull: false })
    expect((await given.list()).digests).toEqual(given.both)
    expect(await given.cache.image(name, given.image.digest)).toMatchObject({ pulledThrough: true })
  })
})

describe('referrers list of an upstream', () => {
  it('The upstream is not asked for the referrers of a pushed image', async () => {
    await using given = await signedImage({ pull: false })
    await given.cache.store.repositories.insert(registry, 'own/app', newRepository('own/app', new Date(0)))
    const answer = await given.cache.ask(`own/app/referrers/${given.image.digest}`)
    expect(answer.statusCode).toBe(200)
    expect(given.upstream.requests).toEqual([])
  })

  it('A paged referrers list is read to its end, and only at the address of the upstream', async () => {
    await using given = await signedImage()
    const page = (digest: string) =>
      Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType: mediaTypes.ociIndex, manifests: [{ digest }] }))
    given.upstream.fault('/referrers/', (reply, { request }) => {
      const isSecond = request.url?.endsWith('?last=1')
      const link: Record<string, string> = isSecond
        ? {}
        : { link: '<http://elsewhere.example/v2/other/referrers/x?last=1>; rel="next"' }
      const body = page(isSecond ? given.sbom.digest : given.signature.digest)
      return { ...reply, headers: { ...reply.headers, ...link }, body }
    })
    expect((await given.list()).digests).toEqual(given.both)
    expect(given.lists()).toBe(2)
  })

  it('An endless referrers list is abandoned after 500 referrers, and the event says so', async () => {
    await using given = await signedImage()
    let pages = 0
    given.upstream.fault('/referrers/', (reply) => {
      const manifests = Array.from({ length: 60 }, (_, index) => ({ digest: `sha256:${hex(pages * 100 + index)}` }))
      const link = `</v2/team/app/referrers/x?page=${++pages}>; rel="next"`
      const body = Buffer.from(JSON.stringify({ schemaVersion: 2, manifests }))
      return { ...reply, headers: { ...reply.headers, link }, body }
    })
    expect((await given.list()).digests).toEqual([])
    expect(pages).toBe(9)
    expect((await given.cache.events()).at(-1)).toMatchObject({
      ...{ action: 'referrers', 'sync-status': 'FAILED' },
      outcome: '500 referrers, 0 of them new; more than 500 are not imported',
    })
  })
})

const hex = (value: number) => value.toString(16).padStart(64, '0')

describe('signature of an upstream image', () => {
  it('A signature under the tag of cosign 2 is pulled through the cache', async () => {
    await using given = await signedImage()
    const tag = `${given.image.digest.replace(':', '-')}.sig`
    const signature = given.upstream.addImage('team/app', { tag, seed: 'simple signing', layers: 1 })
    const answer = await given.cache.ask(`${name}/manifests/${tag}`)
    expect(answer.headers['docker-content-digest']).toBe(signature.digest)
    expect((await given.cache.ask(`${name}/blobs/${signature.layers[0]}`)).statusCode).toBe(200)
  })

  it('The signature of one platform of an index is found by the digest of that platform', async () => {
    await using given = await signedImage({ pull: false })
    const index = makeIndex([given.image])
    given.upstream.addManifest('team/app', index.bytes, index.mediaType)
    given.upstream.tag('team/app', 'all', index.digest)
    await (await given.cache.ask(`${name}/manifests/all`)).body.dump()
    await given.cache.settled()
    expect((await given.list()).digests).toEqual(given.both)
  })
})
