import { describe, expect, it } from 'vitest'
import { faultyUpstream } from '../../support/faulty-upstream.js'
import { digestOf, mediaTypes } from '../../support/upstream-content.js'
import { html, noHead, status, truncate, withHeader, withoutHeader, wrongBytes } from '../../support/upstream-faults.js'
import { pullingAccount, pullingFrom } from '../../support/upstream-pulling.js'

const asked = 'The upstream registry registry.example'

describe('Resolving a tag', () => {
  it('A tag is resolved with one HEAD request that accepts every type of manifest', async () => {
    await using upstream = await faultyUpstream()
    const image = upstream.addImage('team/app', { tag: 'latest' })
    await using pulling = pullingFrom(upstream)
    expect(await pulling.registry.resolve('team/app', 'latest')).toBe(image.digest)
    expect(upstream.requests).toMatchObject([{ method: 'HEAD', path: '/v2/team/app/manifests/latest' }])
    expect(upstream.requests[0]?.headers.accept?.split(', ')).toEqual([
      mediaTypes.ociIndex,
      mediaTypes.ociManifest,
      mediaTypes.dockerList,
      mediaTypes.dockerManifest,
    ])
  })

  it.each([
    ['the digest is missing', withoutHeader('docker-content-digest')],
    ['the digest is invalid', withHeader('docker-content-digest', 'md5:abc')],
    ['HEAD is refused', noHead()],
  ])('A tag cannot be resolved when %s, but its manifest can be fetched', async (_, fault) => {
    await using upstream = await faultyUpstream()
    const image = upstream.addImage('app', { tag: 'latest' })
    upstream.fault('HEAD ', fault)
    await using pulling = pullingFrom(upstream)
    expect(await pulling.registry.resolve('app', 'latest')).toBeUndefined()
    expect((await pulling.registry.manifest('app', 'latest')).digest).toBe(image.digest)
  })

  it('Resolving a tag gives up when Retry-After exceeds the limit of a freshness check', async () => {
    await using upstream = await faultyUpstream()
    upstream.fault('HEAD ', status(429, { retryAfter: 30 }))
    await using pulling = pullingFrom(upstream)
    await expect(pulling.registry.resolve('app', 'latest')).rejects.toMatchObject({
      kind: 'too-many-requests',
      answered: false,
    })
    expect(upstream.count('HEAD ')).toBe(1)
  })
})

describe('The existence of a blob upstream', () => {
  it('The existence of a blob is checked with HEAD, and a 404 means that it is absent', async () => {
    await using upstream = await faultyUpstream()
    const digest = upstream.addBlob(1000)
    await using pulling = pullingFrom(upstream)
    expect(await pulling.registry.hasBlob('team/app', digest)).toBe(true)
    expect(await pulling.registry.hasBlob('team/app', digestOf(Buffer.from('another')))).toBe(false)
    expect(upstream.requests[0]).toMatchObject({ method: 'HEAD', path: `/v2/team/app/blobs/${digest}` })
  })

  it('The check for a blob fails when the upstream refuses the request', async () => {
    await using upstream = await faultyUpstream()
    const digest = upstream.addBlob(1000)
    await using pulling = pullingFrom(upstream)
    upstream.fault('HEAD ', status(403))
    await expect(pulling.registry.hasBlob('team/app', digest)).rejects.toMatchObject({ kind: 'access-denied' })
  })
})

describe('Manifests of an upstream', () => {
  it('A manifest arrives byte for byte, by tag and by digest, with its media type without parameters', async () => {
    await using upstream = await faultyUpstream()
    const image = upstream.addImage('app', { tag: 'latest' })
    const index = upstream.addIndex('app', [image], { tag: 'index', docker: true })
    upstream.fault('/latest', withHeader('content-type', `${mediaTypes.ociManifest}; charset=utf-8`))
    await using pulling = pullingFrom(upstream)
    const { digest, bytes, mediaType } = image
    expect(await pulling.registry.manifest('app', 'latest')).toEqual({ digest, bytes, mediaType })
    expect(await pulling.registry.manifest('app', index.digest)).toEqual({
      digest: index.digest,
      bytes: index.bytes,
      mediaType: mediaTypes.dockerList,
    })
  })

  it('A manifest can be requested by a sha512 digest', async () => {
    await using upstream = await faultyUpstream()
    const { bytes } = upstream.addImage('app')
    await using pulling = pullingFrom(upstream)
    const digest = digestOf(bytes, 'sha512')
    expect((await pulling.registry.manifest('app', digest)).digest).toBe(digest)
  })

  it('A manifest without a digest header has the sha256 digest of its bytes', async () => {
    await using upstream = await faultyUpstream()
    const image = upstream.addImage('app', { tag: 'latest' })
    upstream.fault('GET ', withoutHeader('docker-content-digest'))
    await using pulling = pullingFrom(upstream)
    expect((await pulling.registry.manifest('app', 'latest')).digest).toBe(image.digest)
  })

  it('The media type of a manifest is taken from its content if the header does not give it', async () => {
    await using upstream = await faultyUpstream()
    upstream.addImage('app', { tag: 'latest', docker: true })
    upstream.fault('GET ', withHeader('content-type', 'application/json'))
    await using pulling = pullingFrom(upstream)
    expect((await pulling.registry.manifest('app', 'latest')).mediaType).toBe(mediaTypes.dockerManifest)
  })

  it.each(['latest', 'digest'])(
    'A manifest whose bytes do not match its digest is refused (requested by %s)',
    async (by) => {
      await using upstream = await faultyUpstream()
      const { digest } = upstream.addImage('app', { tag: 'latest' })
      upstream.fault('GET ', wrongBytes())
      await using pulling = pullingFrom(upstream)
      const reference = by === 'digest' ? digest : by
      await expect(pulling.registry.manifest('app', reference)).rejects.toMatchObject({
        kind: 'unavailable',
        message: expect.stringContaining(`which does not have the digest ${digest}.`),
      })
    },
  )

  it.each([
    ['an HTML page', html()],
    ['JSON that is not a manifest', status(200, { message: '{"hello":"world"}' })],
    ['JSON without a type', status(200, { message: '{"schemaVersion":2}' })],
    ['schema version 1', status(200, { message: '{"schemaVersion":1}' })],
    ['null', status(200, { message: 'null' })],
    ['an empty body', status(200)],
  ])('An answer with %s is refused as a manifest', async (_, fault) => {
    await using upstream = await faultyUpstream()
    upstream.fault('GET ', fault)
    await using pulling = pullingFrom(upstream)
    await expect(pulling.registry.manifest('app', 'latest')).rejects.toMatchObject({
      kind: 'unavailable',
      message: `${asked} gave an answer for app:latest which is no image manifest or index.`,
    })
  })

  it('A schema version 1 manifest is refused, even with the media type of version 2', async () => {
    await using upstream = await faultyUpstream()
    const { digest } = upstream.addManifest('app', Buffer.from('{"schemaVersion":1}'), mediaTypes.dockerManifest)
    await using pulling = pullingFrom(upstream)
    await expect(pulling.registry.manifest('app', digest)).rejects.toMatchObject({ kind: 'unavailable' })
  })

  it('A manifest may have at most 4 MiB', async () => {
    await using upstream = await faultyUpstream()
    const padded = (size: number) => {
      const bare = JSON.stringify({ schemaVersion: 2, pad: '' })
      return Buffer.from(bare.replace('""', `"${'x'.repeat(size - bare.length)}"`))
    }
    const limit = 4 * 1024 * 1024
    const largest = upstream.addManifest('app', padded(limit), mediaTypes.ociManifest)
    const larger = upstream.addManifest('app', padded(limit + 1), mediaTypes.ociManifest)
    await using pulling = pullingFrom(upstream)
    expect((await pulling.registry.manifest('app', largest.digest)).bytes.length).toBe(limit)
    await expect(pulling.registry.manifest('app', larger.digest)).rejects.toMatchObject({
      kind: 'unavailable',
      message: `${asked} gave an answer for app@${larger.digest} which is larger than 4 MiB.`,
    })
  })

  it('The request for a manifest that breaks off is repeated', async () => {
    await using upstream = await faultyUpstream()
    const image = upstream.addImage('app', { tag: 'latest' })
    upstream.fault('GET ', truncate(10), { times: 1 })
    upstream.fault('GET ', truncate(10, 'chunked'), { times: 1 })
    await using pulling = pullingFrom(upstream)
    expect((await pulling.registry.manifest('app', 'latest')).bytes).toEqual(image.bytes)
    expect(upstream.count('GET ')).toBe(3)
  })
})

describe('Refusals of an upstream', () => {
  it.each([
    [403, 'DENIED', 'access-denied', true, '403 Forbidden, DENIED: they said'],
    [404, 'MANIFEST_UNKNOWN', 'not-found', true, '404 Not Found, MANIFEST_UNKNOWN: they said'],
    [400, 'NAME_INVALID', 'not-found', true, '400 Bad Request, NAME_INVALID: they said'],
    [400, 'UNSUPPORTED', 'unavailable', false, '400 Bad Request, UNSUPPORTED: they said'],
    [418, undefined, 'unavailable', false, "418 I'm a Teapot"],
  ] as const)('A refusal with %i %s is reported as %s', async (code, error, kind, answered, reason) => {
    await using upstream = await faultyUpstream()
    upstream.fault('GET ', status(code, { error, message: 'they said' }))
    await using pulling = pullingFrom(upstream)
    await expect(pulling.registry.manifest('team/app', 'v1')).rejects.toMatchObject({
      name: 'UpstreamFailure',
      kind,
      answered,
      message: `${asked} answered the request for team/app:v1 with ${reason}.`,
    })
    expect(upstream.count('GET ')).toBe(1)
  })
})

describe('Invalid hosts', () => {
  it.each(['', 'not a host', 'host:99999', 'host/path', 'user@host', 'host?query'])(
    'An upstream with the invalid host %j fails when it is contacted, not before',
    async (host) => {
      await using pulling = pullingFrom({ url: 'http://127.0.0.1:9' })
      const registry = pulling.upstreams.of(host, pullingAccount)
      await expect(registry.ping()).rejects.toMatchObject({
        kind: 'unavailable',
        message: `The upstream registry ${host} has no valid address.`,
      })
    },
  )
})
