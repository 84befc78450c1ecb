import { randomBytes } from 'node:crypto'
import { request } from 'undici'
import { describe, expect, it } from 'vitest'
import { downloadUrl } from '../../../src/access/download-url.js'
import { confirmed, layerWithBytes } from '../../../src/registry/layers/layer-with-bytes.js'
import { storedPins } from '../../../src/upkeep/pins.js'
import { keyOf } from '../../../src/registry/ports/store.js'
import type { Registry } from '../../../src/registry/registry.js'
import { newRepository } from '../../../src/registry/repositories/repository.js'
import { registry, startCache } from '../../support/cache.js'
import { type FaultyUpstream, faultyUpstream } from '../../support/faulty-upstream.js'
import { allowing, userOf } from '../../support/registry.js'
import { digestOf, mediaTypes } from '../../support/upstream-content.js'
import { status } from '../../support/upstream-faults.js'

const otherAccount: Registry = { ...registry, account: '444455556666' }
const name = 'evil/team/app'
const downloading = (prefix: string) =>
  allowing(['ecr:GetDownloadUrlForLayer', 'ecr:BatchCheckLayerAvailability'], `arn:aws:ecr:*:*:repository/${prefix}/*`)
const users = {
  dev: { policies: [allowing('ecr:*')] },
  /** These users may download layers only from the repositories of one rule. */
  outsider: { policies: [downloading('evil')] },
  again: { policies: [downloading('again')] },
}
const [outsider, again] = [userOf('outsider', registry.account), userOf('again', registry.account)]

/** A cache with bytes that others pushed, and an upstream whose image names those bytes without having them. */
async function given({ named = 'layer' }: { named?: 'layer' | 'config' } = {}) {
  const bytes = randomBytes(200_000)
  const digest = digestOf(bytes)
  const upstream = await faultyUpstream()
  const owned = Buffer.from('{"os":"linux"}')
  upstream.addBlob(owned)
  const descriptor = (blob: Buffer) => ({ mediaType: mediaTypes.ociConfig, digest: digestOf(blob), size: blob.length })
  const [config, layer] = named === 'config' ? [bytes, owned] : [owned, bytes]
  const manifest = { schemaVersion: 2, mediaType: mediaTypes.ociManifest }
  const add = (content: object, mediaType: string = mediaTypes.ociManifest) =>
    upstream.addManifest('team/app', Buffer.from(JSON.stringify(content)), mediaType)
  const image = add({ ...manifest, config: descriptor(config), layers: [descriptor(layer)] })
  upstream.tag('team/app', 'v1', image.digest)

  const upstreams = { 'evil.example': upstream.url }
  const cache = await startCache({ upstreams, accounts: { [registry.account]: { users } } })
  await cache.addRule({ ecrRepositoryPrefix: 'evil', upstreamRegistryUrl: 'evil.example' })
  const layerOf = (repository = name, of: Registry = registry) => cache.store.layers.get(of, keyOf(repository, digest))
  return {
    ...{ bytes, digest, upstream, cache, image, add, layerOf },
    /** Stores the bytes, the repository and the record as a push does. */
    async pushed(repository: string, into: Registry) {
      const writer = await cache.blobs.create()
      await writer.append(bytes)
      await writer.commit(digest)
      await cache.store.repositories.insert(into, repository, newRepository(repository, new Date()))
      const record = { repository, digest, size: bytes.length, isInImage: true } as const
      await cache.store.layers.put(into, keyOf(repository, digest), record)
    },
    async pull(reference = 'v1', repository = name) {
      const { statusCode } = await cache.ask(`${repository}/manifests/${reference}`)
      await cache.settled()
      return statusCode
    },
    async blob(method: 'GET' | 'HEAD' = 'GET', holder = outsider, repository = name) {
      const answer = await cache.ask(`${repository}/blobs/${digest}`, {}, method, holder)
      return { status: answer.statusCode, bytes: Buffer.from(await answer.body.arrayBuffer()) }
    },
    /** Whether BatchCheckLayerAvailability, pushes and mounts find the layer. */
    isKnown: async (repository = name) => {
      const { store, blobs, clock } = cache
      const pins = storedPins({ store, clock, graceSeconds: 3600 })
      return (await layerWithBytes({ store, blobs, pins }, registry, repository, digest)) !== undefined
    },
    async [Symbol.asyncDispose]() {
      await cache[Symbol.asyncDispose]()
      await upstream.close()
    },
  }
}
type Given = Awaited<ReturnType<typeof given>>

async function nothingIsGiven(here: Given) {
  expect((await here.blob()).status).toBe(404)
  expect((await here.blob('HEAD')).status).toBe(404)
  const url = downloadUrl(
    here.cache.url,
    { registry, repository: name, digest: here.digest },
    await here.cache.clock.now(),
    'both planes hold this',
  )
  expect((await request(url)).statusCode).toBe(404)
  expect((await request(url, { method: 'HEAD' })).statusCode).toBe(404)
  expect(await here.isKnown()).toBe(false)
}

describe('digest that an upstream names without having it', () => {
  it.each(['layer', 'config'] as const)('Naming a digest as %s gives no bytes of another account', async (named) => {
    await using here = await given({ named })
    await here.pushed('private', otherAccount)
    expect(await here.pull()).toBe(200)
    await nothingIsGiven(here)
  })

  it('Naming a digest gives no bytes of a repository that the caller cannot read', async () => {
    await using here = await given()
    await here.pushed('private', registry)
    expect(await here.pull()).toBe(200)
    await nothingIsGiven(here)
  })

  it('Naming a digest gives its bytes only to a caller who can read them in another repository', async () => {
    await using here = await given()
    await here.pushed('private', registry)
    await here.pull()
    const reader = userOf('dev', registry.account)
    expect((await here.blob('GET', reader)).bytes.equals(here.bytes)).toBe(true)
    expect((await here.blob('HEAD', reader)).status).toBe(200)
    await nothingIsGiven(here)
  })

  it('Naming a digest gives no bytes that another account pushes later', async () => {
    await using here = await given()
    await here.pull()
    await here.pushed('private', otherAccount)
    await nothingIsGiven(here)
  })

  it('Naming a manifest of another account does not give it, neither directly nor in an index', async () => {
    await using here = await given()
    await here.pushed('private', otherAccount)
    const member = { mediaType: mediaTypes.ociManifest, digest: here.digest, size: here.bytes.length }
    const list = { schemaVersion: 2, mediaType: mediaTypes.ociIndex, manifests: [member] }
    const index = here.add(list, mediaTypes.ociIndex)
    expect(await here.pull(index.digest)).toBe(200)
    expect(await here.pull(here.digest)).toBe(404)
    expect(await here.cache.image(name, here.digest)).toBeUndefined()
    expect((await here.blob()).status).toBe(404)
  })

  it('A referrer that names a digest gives no bytes of another account', async () => {
    await using here = await given()
    await here.pushed('private', otherAccount)
    const { digest, bytes, mediaType } = here.image
    const referrer = { ...(JSON.parse(bytes.toString()) as object), subject: { mediaType, digest, size: bytes.length } }
    expect(await here.pull(here.add(referrer).digest)).toBe(200)
    await nothingIsGiven(here)
  })

  it('A false answer of the upstream to HEAD gives no bytes of another account', async () => {
    await using here = await given()
    await here.pushed('private', otherAccount)
    here.upstream.fault(`HEAD /v2/team/app/blobs/${here.digest}`, status(200))
    await here.pull()
    expect((await here.blob()).status).toBe(404)
    expect(await here.isKnown()).toBe(false)
  })

  it('A record of an older version that did not ask the upstream gives no bytes', async () => {
    await using here = await given()
    await here.pushed('private', otherAccount)
    await here.pull()
    const record = { repository: name, digest: here.digest, size: here.bytes.length, isInImage: true } as const
    await here.cache.store.layers.put(registry, keyOf(name, here.digest), { ...record, pulledThrough: true })
    await nothingIsGiven(here)
  })
})

describe('cached layer whose bytes are already stored', () => {
  const holds = (upstream: FaultyUpstream, bytes: Buffer) => void upstream.addBlob(bytes)
  const gets = ({ upstream, digest }: Given) => upstream.count(`GET /v2/team/app/blobs/${digest}`)

  it('A stored layer is fetched once from an upstream that has not sent it yet, and is then served', async () => {
    await using here = await given()
    await here.pushed('private', otherAccount)
    holds(here.upstream, here.bytes)
    await here.pull()
    expect(gets(here)).toBe(1)
    expect(await here.isKnown()).toBe(true)
    expect((await here.blob()).bytes.equals(here.bytes)).toBe(true)
    expect(gets(here)).toBe(1)
  })

  it('A layer that the same upstream sent before is confirmed with one HEAD and not sent again', async () => {
    await using here = await given()
    holds(here.upstream, here.bytes)
    await here.pull()
    await here.cache.addRule({ ecrRepositoryPrefix: 'again', upstreamRegistryUrl: 'evil.example' })
    await here.pull('v1', 'again/team/app')
    expect(await here.isKnown('again/team/app')).toBe(true)
    expect(gets(here)).toBe(1)
    expect(here.upstream.count(`HEAD /v2/team/app/blobs/${here.digest}`)).toBe(1)
  })

  it('A stored layer is refused with 403 if its upstream no longer gives it to the rule', async () => {
    await using here = await given()
    holds(here.upstream, here.bytes)
    await here.pull()
    await here.cache.addRule({ ecrRepositoryPrefix: 'again', upstreamRegistryUrl: 'evil.example' })
    here.upstream.fault(`/blobs/${here.digest}`, status(403))
    await here.pull('v1', 'again/team/app')
    expect((await here.blob('GET', again, 'again/team/app')).status).toBe(403)
    expect(await here.isKnown('again/team/app')).toBe(false)
  })

  it('A confirmed layer stays served while its upstream is down or an image names another size', async () => {
    await using here = await given()
    holds(here.upstream, here.bytes)
    await here.pull()
    const text = here.image.bytes.toString().replace(`"size":${here.bytes.length}`, '"size":7')
    const wrong = here.upstream.addManifest('team/app', Buffer.from(text), mediaTypes.ociManifest)
    await here.pull(wrong.digest)
    here.upstream.fault('/v2/', status(503))
    expect(await here.layerOf()).toMatchObject({ size: here.bytes.length, isConfirmed: true })
    expect((await here.blob()).bytes.equals(here.bytes)).toBe(true)
  })

  it('A layer is served from a repository once it was uploaded there', async () => {
    await using here = await given()
    await here.pushed('private', otherAccount)
    await here.pull()
    const headers = { authorization: here.cache.authorization() }
    const path = `/v2/${name}/blobs/uploads/?digest=${here.digest}`
    const { statusCode } = await request(here.cache.url + path, { method: 'POST', headers, body: here.bytes })
    expect(statusCode).toBe(201)
    expect(await here.layerOf()).toEqual(confirmed((await here.layerOf())!))
    expect((await here.blob()).bytes.equals(here.bytes)).toBe(true)
  })

  it('A cached layer can be mounted only once it is confirmed, and mounting it there confirms it', async () => {
    await using here = await given()
    await here.pushed('mine', registry)
    await here.pull()
    const headers = { authorization: here.cache.authorization() }
    await here.cache.store.repositories.insert(registry, 'target', newRepository('target', new Date()))
    await here.cache.store.accountSettings.put(registry, 'BLOB_MOUNTING', 'ENABLED')
    const mount = async (to: string, from: string) => {
      const path = `/v2/${to}/blobs/uploads/?mount=${here.digest}&from=${from}`
      return (await request(here.cache.url + path, { method: 'POST', headers })).statusCode
    }
    expect(await mount('target', name)).toBe(202)
    expect(await mount(name, 'mine')).toBe(201)
    expect((await here.blob()).status).toBe(200)
    expect(await mount('target', name)).toBe(201)
  })
})
