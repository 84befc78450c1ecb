import { Readable } from 'node:stream'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { keyOf } from '../../src/registry/ports/store.js'
import { errorIn, registry, type RunningRegistry, startRegistry } from '../support/registry.js'
import { digestOf, makeImage, makeIndex, manifestOf, mediaTypes } from '../support/upstream-content.js'

const MAX_BYTES = 4 * 1024 * 1024

describe('refused manifest pushes', () => {
  let running: RunningRegistry
  beforeAll(async () => {
    running = await startRegistry()
    await running.createRepository('app')
  })
  afterAll(() => running[Symbol.asyncDispose]())

  const put = (body: Buffer | string | Readable, reference = 'latest', mediaType: string = mediaTypes.ociManifest) =>
    running.send('PUT', `/v2/app/manifests/${reference}`, { headers: { 'content-type': mediaType }, body })

  it.each([
    ['what is no JSON', 'not json', mediaTypes.ociManifest],
    ['an empty body', '', mediaTypes.ociManifest],
    ['a list', '[]', mediaTypes.ociManifest],
    ['schema 1', '{"schemaVersion":1}', 'application/vnd.docker.distribution.manifest.v1+json'],
    ['a type it does not know', '{"schemaVersion":2}', 'application/vnd.oci.artifact.manifest.v1+json'],
    ['no type at all', '{"schemaVersion":2}', ''],
    ['two types that differ', `{"schemaVersion":2,"mediaType":"${mediaTypes.ociIndex}"}`, mediaTypes.ociManifest],
    ['a manifest without config', '{"schemaVersion":2,"layers":[]}', mediaTypes.ociManifest],
  ])('A manifest push is refused with 405 and Invalid JSON syntax: %s', async (_, body, mediaType) => {
    const answer = await put(body, 'latest', mediaType)

    expect(answer.status).toBe(405)
    expect(errorIn(answer)).toEqual({
      code: 'UNSUPPORTED',
      message: "Invalid parameter at 'ImageManifest' failed to satisfy constraint: 'Invalid JSON syntax'",
    })
  })

  it('A manifest push is refused if its bytes do not hash to the digest in the path', async () => {
    const { image } = makeImage({})
    const digest = digestOf(Buffer.from('other'))
    const answer = await put(image.bytes, digest)

    expect(answer.status).toBe(400)
    expect(errorIn(answer)).toEqual({
      code: 'MANIFEST_INVALID',
      message: `The image with digest '${digest}' in repository 'app' and registry ID '123456789012' does not match the image digest that Amazon ECR has calculated.`,
    })
    expect(await running.deps.blobs.size(digest)).toBeUndefined()
  })

  it('A manifest push to a malformed digest is refused with 400', async () => {
    const answer = await put(makeImage({}).image.bytes, 'sha256:abc')

    expect(answer.status).toBe(400)
    expect(errorIn(answer).code).toBe('DIGEST_INVALID')
  })

  it('A push of an image without its layers is refused, naming the missing layers', async () => {
    const { image, blobs } = makeImage({ seed: 'missing layers' })
    await running.pushBlob('app', blobs[0]!)
    const answer = await put(image.bytes)

    expect(answer.status).toBe(404)
    expect(errorIn(answer)).toEqual({
      code: 'BLOB_UPLOAD_UNKNOWN',
      message: `Layers with digests '[${image.layers.join(', ')}]' required for pushing image into repository with name 'app' in the registry with id '123456789012' do not exist`,
    })
  })

  it('A push of an image is refused while its layers are still being pulled through', async () => {
    const { image, blobs } = makeImage({ seed: 'on its way' })
    for (const blob of blobs) {
      const layer = { repository: 'app', digest: digestOf(blob), size: blob.length, pulledThrough: true }
      await running.deps.store.layers.put(registry, keyOf('app', layer.digest), layer)
    }
    const answer = await put(image.bytes)

    expect(answer.status).toBe(404)
    expect(errorIn(answer).code).toBe('BLOB_UPLOAD_UNKNOWN')
  })

  it('A push of an index without its images is refused, naming the missing images', async () => {
    const { image } = makeImage({ seed: 'missing member' })
    const answer = await put(makeIndex([image]).bytes, 'latest', mediaTypes.ociIndex)

    expect(answer.status).toBe(404)
    expect(errorIn(answer)).toEqual({
      code: 'MANIFEST_BLOB_UNKNOWN',
      message: `Images with digests '[${image.digest}]' required for pushing image into repository with name 'app' in the registry with id '123456789012' do not exist`,
    })
  })

  it.each([
    ['with%20space', "must satisfy regular expression '[a-zA-Z0-9-_.]+'"],
    ['plus+sign', "must satisfy regular expression '[a-zA-Z0-9-_.]+'"],
    ['x'.repeat(301), 'Member must have length less than or equal to 300'],
  ])('A push under the invalid tag %s is refused with 405', async (tag, constraint) => {
    const answer = await put(makeImage({}).image.bytes, tag)

    expect(answer.status).toBe(405)
    expect(errorIn(answer)).toEqual({
      code: 'UNSUPPORTED',
      message: `Invalid parameter at 'imageTag' failed to satisfy constraint: '${constraint}'`,
    })
  })

  it('A push by digest with one invalid tag is refused and sets none of its tags', async () => {
    const image = await running.push('app', { seed: 'tagged beside' })
    const answer = await put(image.bytes, `${image.digest}?tag=good&tag=b~d`)

    expect(answer.status).toBe(405)
    expect((await running.send('HEAD', '/v2/app/manifests/good')).status).toBe(404)
  })

  it('A push to an unknown repository is answered with 404 without reading the body', async () => {
    const req = running.open('PUT', '/v2/nowhere/manifests/latest', { 'content-length': '1000' })
    const status = await new Promise((resolve) => {
      req.on('error', () => {})
      req.once('response', (res) => resolve(res.statusCode))
      req.flushHeaders()
    })
    req.destroy()

    expect(status).toBe(404)
  })

  describe('manifest size limit', () => {
    const padded = (bytes: number) => {
      const { image } = makeImage({ layers: 1, seed: 'large' })
      const manifest = JSON.parse(image.bytes.toString()) as Record<string, unknown>
      const content = (filling: string) => Buffer.from(JSON.stringify({ ...manifest, annotations: { filling } }))
      return manifestOf(content('x'.repeat(bytes - content('').length)), mediaTypes.ociManifest)
    }

    it.each(['declared', 'not declared'])('A manifest over 4 MiB is refused if its length is %s', async (declared) => {
      const { bytes } = padded(MAX_BYTES + 1)
      const answer = await put(declared === 'declared' ? bytes : Readable.from([bytes]))

      expect(answer.status).toBe(413)
      expect(errorIn(answer)).toEqual({
        code: 'SIZE_INVALID',
        message:
          "Invalid parameter at 'imageManifest' failed to satisfy constraint: 'Member must have length less than or equal to 4194304'",
      })
    })

    it('A manifest of exactly 4 MiB is accepted', async () => {
      const manifest = padded(MAX_BYTES)
      for (const blob of makeImage({ layers: 1, seed: 'large' }).blobs) await running.pushBlob('app', blob)

      expect(manifest.bytes.length).toBe(MAX_BYTES)
      expect((await running.putManifest('app', manifest)).status).toBe(201)
    })
  })
})
