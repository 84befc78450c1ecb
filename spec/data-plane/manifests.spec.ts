import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Answer, errorIn, registry, type RunningRegistry, startRegistry } from '../support/registry.js'
import {
  type AddedImage,
  digestOf,
  makeImage,
  makeIndex,
  manifestOf,
  mediaTypes,
  seededBytes,
} from '../support/upstream-content.js'

describe('/v2/<name>/manifests/<reference>', () => {
  let running: RunningRegistry
  let image: AddedImage
  beforeAll(async () => {
    running = await startRegistry()
    await running.createRepository('app')
    image = await running.push('app', { tag: 'latest' })
  })
  afterAll(() => running[Symbol.asyncDispose]())

  const get = (reference: string, name = 'app', headers = {}) =>
    running.send('GET', `/v2/${name}/manifests/${reference}`, { headers })
  const head = (reference: string, name = 'app') => running.send('HEAD', `/v2/${name}/manifests/${reference}`)
  const remove = (reference: string, name = 'app') => running.send('DELETE', `/v2/${name}/manifests/${reference}`)

  describe('GET and HEAD', () => {
    it.each(['tag', 'digest'])('A pull by %s returns the manifest byte for byte', async (by) => {
      const { status, headers, body } = await get(by === 'tag' ? 'latest' : image.digest)

      expect(status).toBe(200)
      expect(body.equals(image.bytes)).toBe(true)
      expect(headers).toMatchObject({
        'content-type': mediaTypes.ociManifest,
        'content-length': String(image.bytes.length),
        'docker-content-digest': image.digest,
        'docker-distribution-api-version': 'registry/2.0',
        etag: `"${image.digest}"`,
      })
    })

    it('A pull accepts a digest whose colon is percent-encoded', async () => {
      expect((await get(image.digest.replace(':', '%3A'))).body.equals(image.bytes)).toBe(true)
    })

    it('HEAD of a manifest returns the headers of GET and no body', async () => {
      const common = ({ headers }: Answer) => ({ ...headers, date: undefined, 'x-amzn-requestid': undefined })
      expect(common(await head('latest'))).toEqual(common(await get('latest')))
      expect((await head(image.digest)).body.length).toBe(0)
    })

    it.each([
      ['the digest', () => `"${image.digest}"`],
      ['a list', () => `"x", W/"${image.digest}"`],
      ['any', () => '*'],
    ])('A pull whose If-None-Match matches by %s is answered with 304', async (_, ifNoneMatch) => {
      const { status, headers, body } = await get('latest', 'app', { 'if-none-match': ifNoneMatch() })

      expect(status).toBe(304)
      expect(headers['docker-content-digest']).toBe(image.digest)
      expect(headers['content-length']).toBeUndefined()
      expect(body.length).toBe(0)
    })

    it('A pull whose If-None-Match names another digest returns the whole manifest', async () => {
      const ifNoneMatch = { 'if-none-match': `"${digestOf(Buffer.from('other'))}"` }
      expect((await get('latest', 'app', ifNoneMatch)).status).toBe(200)
    })

    it.each(['missing', '.not-a-tag', 'x'.repeat(5000), 'with space'.replace(' ', '%20'), digestOf(Buffer.from('no'))])(
      'A pull of a reference that does not exist is answered with 404 (case %#)',
      async (reference) => {
        const answer = await get(reference)

        expect(answer.status).toBe(404)
        expect(answer.headers['content-type']).toBe('application/json; charset=utf-8')
        expect(answer.body.toString()).toBe(
          '{"errors":[{"code":"MANIFEST_UNKNOWN","message":"Requested image not found"}]}\n',
        )
        expect((await head(reference)).status).toBe(404)
      },
    )

    it('A pull by a malformed digest is answered with 400 DIGEST_INVALID', async () => {
      const answer = await get('sha256:abc')

      expect(answer.status).toBe(400)
      expect(errorIn(answer).code).toBe('DIGEST_INVALID')
    })

    it.each(['GET', 'HEAD', 'DELETE'])('An unknown repository is answered with 404: %s', async (method) => {
      const answer = await running.send(method, '/v2/team/nowhere/manifests/latest')

      expect(answer.status).toBe(404)
      if (method === 'HEAD') return
      expect(errorIn(answer)).toEqual({
        code: 'NAME_UNKNOWN',
        message: "The repository with name 'team/nowhere' does not exist in the registry with id '123456789012'",
      })
    })

    it.each([
      ['UpstreamAccessDenied', 403, 'DENIED'],
      ['UpstreamTooManyRequests', 429, 'TOOMANYREQUESTS'],
      ['UpstreamUnavailable', 503, 'UNAVAILABLE'],
      ['ImageNotFound', 404, 'MANIFEST_UNKNOWN'],
    ] as const)('A pull through failing with %s is answered with %i %s', async (failureCode, status, code) => {
      const { pullThrough } = running.deps
      const failureReason = `why: ${failureCode}`
      await using failing = await startRegistry({
        pullThrough: { ...pullThrough, pull: async ({ imageId }) => ({ imageId, failureCode, failureReason }) },
      })
      const answer = await failing.send('GET', '/v2/hub/library/app/manifests/latest')

      expect(answer.status).toBe(status)
      expect(errorIn(answer)).toEqual({ code, message: failureReason })
    })
  })

  describe('PUT', () => {
    it.each([
      ['OCI', false],
      ['Docker schema 2', true],
    ])('An index and the images of its two platforms come back byte for byte: %s', async (name, docker) => {
      const repository = docker ? 'docker/multi' : 'oci/multi'
      await running.createRepository(repository)
      const amd64 = await running.push(repository, { docker, seed: name, platform: 'linux/amd64' })
      const arm64 = await running.push(repository, { docker, seed: name, platform: 'linux/arm64/v8' })
      const index = makeIndex([amd64, arm64], docker)
      expect((await running.putManifest(repository, index, 'v1')).status).toBe(201)

      const pulled = await get('v1', repository)
      expect(pulled.headers['content-type']).toBe(docker ? mediaTypes.dockerList : mediaTypes.ociIndex)
      expect(pulled.body.equals(index.bytes)).toBe(true)
      for (const member of [amd64, arm64]) {
        const manifest = await get(member.digest, repository)
        expect(manifest.body.equals(member.bytes)).toBe(true)
        for (const digest of [member.config, ...member.layers]) {
          const blob = await running.send('GET', `/v2/${repository}/blobs/${digest}`)
          expect(digestOf(blob.body)).toBe(digest)
        }
      }
    })

    it('A push answers with the location and digest of the manifest', async () => {
      const { status, headers, body } = await running.putManifest('app', image, 'again')

      expect(status).toBe(201)
      expect(headers.location).toBe(`/v2/app/manifests/${image.digest}`)
      expect(headers['docker-content-digest']).toBe(image.digest)
      expect(headers['oci-subject']).toBeUndefined()
      expect(body.length).toBe(0)
      expect((await running.send('GET', headers.location ?? '')).body.equals(image.bytes)).toBe(true)
    })

    it('An artifact whose subject does not exist is accepted, and OCI-Subject names the subject', async () => {
      const { digest } = makeImage({ seed: 'never pushed' }).image
      const extra = { subject: { mediaType: mediaTypes.ociManifest, digest, size: 7 }, artifactType: 'application/x' }
      const { image: artifact, blobs } = makeImage({ layers: 1, extra })
      for (const blob of blobs) await running.pushBlob('app', blob)
      const answer = await running.putManifest('app', artifact)

      expect(answer.status).toBe(201)
      expect(answer.headers['oci-subject']).toBe(digest)
      expect((await get(artifact.digest)).body.equals(artifact.bytes)).toBe(true)
    })

    it('An image with sha512 digests is pushed and pulled by its sha512 digest', async () => {
      const [config, layer] = [Buffer.from('{}'), seededBytes(100, 'sha512')]
      const described = (bytes: Buffer, mediaType: string) => ({
        ...{ mediaType, size: bytes.length },
        digest: digestOf(bytes, 'sha512'),
      })
      const content = {
        ...{ schemaVersion: 2, mediaType: mediaTypes.ociManifest },
        config: described(config, mediaTypes.ociConfig),
        layers: [described(layer, mediaTypes.ociLayer)],
      }
      for (const blob of [config, layer]) await running.pushBlob('app', blob, digestOf(blob, 'sha512'))
      const bytes = Buffer.from(JSON.stringify(content))
      const digest = digestOf(bytes, 'sha512')
      const answer = await running.putManifest('app', { ...manifestOf(bytes, mediaTypes.ociManifest), digest })

      expect(answer.status).toBe(201)
      expect(answer.headers['docker-content-digest']).toBe(digest)
      expect((await get(digest)).body.equals(bytes)).toBe(true)
    })

    it('A manifest is stored under its media type without parameters, even if only the header has it', async () => {
      const content = JSON.parse(image.bytes.toString()) as Record<string, unknown>
      delete content.mediaType
      const untyped = manifestOf(Buffer.from(JSON.stringify(content)), `${mediaTypes.ociManifest}; charset=utf-8`)
      expect((await running.putManifest('app', untyped, 'untyped')).status).toBe(201)

      expect((await get('untyped')).headers['content-type']).toBe(mediaTypes.ociManifest)
    })

    it('A push by digest sets every tag named in the query', async () => {
      const path = `/v2/app/manifests/${image.digest}?tag=one&tag=two`
      const headers = { 'content-type': image.mediaType }
      const answer = await running.send('PUT', path, { headers, body: image.bytes })

      expect(answer.status).toBe(201)
      expect(answer.headers['oci-tag']).toBe('one, two')
      expect((await head('one')).headers['docker-content-digest']).toBe(image.digest)
      expect((await head('two')).headers['docker-content-digest']).toBe(image.digest)
    })

    it('A push to a mutable tag moves the tag and keeps the old image', async () => {
      await running.createRepository('moving')
      const before = await running.push('moving', { tag: 'latest', seed: 'before' })
      const after = await running.push('moving', { tag: 'latest', seed: 'after' })

      expect((await get('latest', 'moving')).body.equals(after.bytes)).toBe(true)
      expect((await get(before.digest, 'moving')).body.equals(before.bytes)).toBe(true)
    })

    it('A push to an existing immutable tag is refused, even with the same image', async () => {
      await running.createRepository('fixed', { imageTagMutability: 'IMMUTABLE' })
      const kept = await running.push('fixed', { tag: 'v1' })
      const other = await running.push('fixed', { seed: 'other' })

      for (const image of [other, kept]) {
        const answer = await running.putManifest('fixed', image, 'v1')
        expect(answer.status).toBe(400)
        expect(errorIn(answer)).toEqual({
          code: 'TAG_INVALID',
          message:
            "The image tag 'v1' already exists in the 'fixed' repository and cannot be overwritten because the tag is immutable.",
        })
      }
      expect((await running.putManifest('fixed', kept, kept.digest)).status).toBe(201)
      expect((await running.putManifest('fixed', kept, 'v2')).status).toBe(201)
      expect((await get('v1', 'fixed')).body.equals(kept.bytes)).toBe(true)
    })
  })

  describe('DELETE', () => {
    it('DELETE by tag removes that tag only', async () => {
      await running.createRepository('tagged')
      const tagged = await running.push('tagged', { tag: 'one' })
      await running.putManifest('tagged', tagged, 'two')
      const { status, body } = await remove('one', 'tagged')

      expect(status).toBe(202)
      expect(body.length).toBe(0)
      expect((await get('one', 'tagged')).status).toBe(404)
      expect((await get('two', 'tagged')).status).toBe(200)
      expect((await get(tagged.digest, 'tagged')).status).toBe(200)
    })

    it('DELETE by digest removes the image with all its tags', async () => {
      await running.createRepository('gone')
      const doomed = await running.push('gone', { tag: 'one' })
      await running.putManifest('gone', doomed, 'two')

      expect((await remove(doomed.digest, 'gone')).status).toBe(202)
      for (const reference of ['one', 'two', doomed.digest]) expect((await get(reference, 'gone')).status).toBe(404)
      expect((await running.send('GET', '/v2/gone/tags/list')).body.toString()).toBe('{"name":"gone","tags":[]}')
    })

    it.each(['missing', digestOf(Buffer.from('missing'))])('DELETE answers 404 if absent: %s', async (reference) => {
      const answer = await remove(reference)

      expect(answer.status).toBe(404)
      expect(errorIn(answer)).toEqual({ code: 'MANIFEST_UNKNOWN', message: 'Requested image not found' })
    })

    it('DELETE of an image that an index lists is refused until the index is gone', async () => {
      await running.createRepository('indexed')
      const member = await running.push('indexed')
      const index = makeIndex([member])
      await running.putManifest('indexed', index, 'v1')
      const answer = await remove(member.digest, 'indexed')

      expect(answer.status).toBe(405)
      expect(errorIn(answer)).toEqual({
        code: 'UNSUPPORTED',
        message: `Requested image referenced by manifest list: [${index.digest}]`,
      })
      expect((await remove(index.digest, 'indexed')).status).toBe(202)
      expect((await remove(member.digest, 'indexed')).status).toBe(202)
    })
  })

  it('A manifest is found only in the registry and Region it was pushed to', async () => {
    const elsewhere = { ...registry, region: 'eu-west-1' }
    expect(await running.deps.store.images.get(elsewhere, `app ${image.digest}`)).toBeUndefined()
    const authorization = running.tokenOf(undefined, { region: 'eu-west-1' })
    expect((await get('latest', 'app', { authorization })).status).toBe(404)
    const host = '123456789012.dkr.ecr.eu-west-1.amazonaws.com'
    expect((await get('latest', 'app', { authorization, host })).status).toBe(404)
  })
})
