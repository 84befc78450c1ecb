import { Readable } from 'node:stream'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { errorIn, registry, type RunningRegistry, startRegistry } from '../support/registry.js'
import { digestOf, seededBytes } from '../support/upstream-content.js'

const inWords = (location: string) => {
  const [repository, id] = location.replace('/v2/', '').split('/blobs/uploads/')
  return `The upload with id '${id}' in the repository with name '${repository}' in registry with id '123456789012'`
}
const uploadUnknown = (location: string) => ({
  code: 'BLOB_UPLOAD_UNKNOWN',
  message: `${inWords(location)} does not exist`,
})

describe('/v2/<name>/blobs/uploads/', () => {
  let running: RunningRegistry
  beforeAll(async () => {
    running = await startRegistry()
    for (const name of ['app', 'other']) await running.createRepository(name)
  })
  afterAll(() => running[Symbol.asyncDispose]())

  const begin = async (name = 'app') =>
    (await running.send('POST', `/v2/${name}/blobs/uploads/`)).headers.location ?? ''
  const patch = (location: string, body: Buffer | Readable, range?: string) =>
    running.send('PATCH', location, { body, headers: range === undefined ? {} : { 'content-range': range } })
  const finish = (location: string, digest: string, body?: Buffer, headers = {}) =>
    running.send('PUT', `${location}?digest=${digest}`, { headers, ...(body && { body }) })
  const blob = (digest: string, name = 'app') => running.send('GET', `/v2/${name}/blobs/${digest}`)

  describe('POST', () => {
    it.each(['', '?'])('POST opens an upload, with or without a trailing slash', async (query) => {
      for (const path of [`/v2/app/blobs/uploads/${query}`, `/v2/app/blobs/uploads${query}`]) {
        const { status, headers, body } = await running.send('POST', path)

        expect(status).toBe(202)
        expect(headers['docker-upload-uuid']).toMatch(/^[0-9a-f-]{36}$/)
        expect(headers.location).toBe(`/v2/app/blobs/uploads/${headers['docker-upload-uuid'] as string}`)
        expect(headers.range).toBe('0-0')
        expect(headers['docker-distribution-api-version']).toBe('registry/2.0')
        expect(body.length).toBe(0)
      }
    })

    it.each(['sha256', 'sha512'] as const)('POST with a %s digest uploads a whole blob', async (algorithm) => {
      const bytes = seededBytes(1000, `whole ${algorithm}`)
      const digest = digestOf(bytes, algorithm)
      const { status, headers } = await running.pushBlob('app', bytes, digest)

      expect(status).toBe(201)
      expect(headers.location).toBe(`/v2/app/blobs/${digest}`)
      expect(headers['docker-content-digest']).toBe(digest)
      expect((await blob(digest)).body.equals(bytes)).toBe(true)
    })

    it('POST of the empty blob is refused and leaves no upload behind', async () => {
      const digest = digestOf(Buffer.alloc(0))
      const before = await running.deps.store.uploads.list(registry, { limit: 100 })
      const answer = await running.pushBlob('app', Buffer.alloc(0), digest)

      expect(answer.status).toBe(400)
      expect(errorIn(answer)).toEqual({
        code: 'BLOB_UPLOAD_INVALID',
        message: expect.stringMatching(
          /^The upload with id '[0-9a-f-]{36}' in the repository with name 'app' in registry with id '123456789012' cannot be completed because it does not have any parts$/,
        ),
      })
      expect((await blob(digest)).status).toBe(404)
      expect(await running.deps.store.uploads.list(registry, { limit: 100 })).toEqual(before)
    })

    it('POST of a blob that does not match its digest is refused and leaves nothing behind', async () => {
      const digest = digestOf(Buffer.from('other'))
      const answer = await running.pushBlob('app', seededBytes(1000, 'wrong'), digest)

      expect(answer.status).toBe(400)
      expect(errorIn(answer)).toEqual({
        code: 'BLOB_UPLOAD_INVALID',
        message: 'None of the provided layer digests match the calculated layer digest',
      })
      expect((await blob(digest)).status).toBe(404)
      const { items } = await running.deps.store.uploads.list(registry, { limit: 100 })
      expect(items.filter(({ size }) => size === 1000)).toEqual([])
    })

    it('POST with a malformed digest is answered with 400 DIGEST_INVALID', async () => {
      const answer = await running.pushBlob('app', Buffer.from('x'), 'sha256:x')

      expect(answer.status).toBe(400)
      expect(errorIn(answer).code).toBe('DIGEST_INVALID')
    })

    it('POST to an unknown repository is answered with 404 NAME_UNKNOWN', async () => {
      for (const query of ['', `?digest=${digestOf(Buffer.from('x'))}`, `?mount=${digestOf(Buffer.from('x'))}`]) {
        const answer = await running.send('POST', `/v2/nowhere/blobs/uploads/${query}`, { body: 'x' })

        expect(answer.status).toBe(404)
        expect(errorIn(answer)).toEqual({
          code: 'NAME_UNKNOWN',
          message: "The repository with name 'nowhere' does not exist in the registry with id '123456789012'",
        })
      }
    })
  })

  describe('PATCH and PUT', () => {
    const bytes = seededBytes(3000, 'chunked')
    const digest = digestOf(bytes)

    it('PATCH and PUT upload a blob in chunks at the positions of their Content-Range', async () => {
      const location = await begin()
      const first = await patch(location, bytes.subarray(0, 1000), '0-999')
      expect(first.status).toBe(202)
      expect(first.headers.location).toBe(location)
      expect(first.headers.range).toBe('0-999')
      expect(first.headers['docker-upload-uuid']).toBe(location.split('/').at(-1))

      expect((await patch(location, bytes.subarray(1000, 2000), 'bytes 1000-1999/*')).headers.range).toBe('0-1999')
      const last = await finish(location, digest, bytes.subarray(2000), { 'content-range': '2000-2999' })
      expect(last.status).toBe(201)
      expect(last.headers.location).toBe(`/v2/app/blobs/${digest}`)
      expect(last.headers['docker-content-digest']).toBe(digest)
      expect((await blob(digest)).body.equals(bytes)).toBe(true)
    })

    it('One PATCH takes a stream of unknown length, and an empty PUT completes it', async () => {
      const location = await begin('other')
      const { status, headers } = await patch(location, Readable.from([bytes.subarray(0, 10), bytes.subarray(10)]))
      expect(status).toBe(202)
      expect(headers.range).toBe('0-2999')

      expect((await finish(location, digest)).status).toBe(201)
      expect((await blob(digest, 'other')).body.equals(bytes)).toBe(true)
    })

    it('A PUT without a body ignores its Content-Range', async () => {
      const location = await begin()
      await patch(location, bytes)

      expect((await finish(location, digest, undefined, { 'content-range': '0-2999' })).status).toBe(201)
    })

    it('A single PUT uploads a whole blob', async () => {
      const whole = seededBytes(500, 'in the PUT')
      expect((await finish(await begin(), digestOf(whole), whole)).status).toBe(201)

      expect((await blob(digestOf(whole))).body.equals(whole)).toBe(true)
    })

    it('A completed upload no longer exists at its location', async () => {
      const location = await begin()
      await finish(location, digest, bytes)

      expect(errorIn(await running.send('GET', location))).toEqual(uploadUnknown(location))
    })

    it.each(['PATCH', 'PUT'])('%s of a chunk out of order is refused with 416 and the range so far', async (method) => {
      const location = await begin()
      await patch(location, bytes.subarray(0, 1000), '0-999')
      for (const first of [2000, 0, 999]) {
        const range = `${first}-${first + 999}`
        const headers = { 'content-range': range }
        const answer = await running.send(method, `${location}?digest=${digest}`, {
          headers,
          body: bytes.subarray(2000),
        })

        expect(answer.status).toBe(416)
        expect(answer.headers.location).toBe(location)
        expect(answer.headers.range).toBe('0-999')
        expect(errorIn(answer)).toEqual({
          code: 'BLOB_UPLOAD_INVALID',
          message: `First byte of the layer part is ${first} instead of 1000`,
        })
      }
      expect((await finish(location, digest, bytes.subarray(1000))).status).toBe(201)
    })

    it.each([
      ['chunk', 'BLOB_UPLOAD_INVALID'],
      ['5-', 'BLOB_UPLOAD_INVALID'],
      ['9-0', 'BLOB_UPLOAD_INVALID'],
      ['bytes=0-2999', 'BLOB_UPLOAD_INVALID'],
      ['0-5', 'SIZE_INVALID'],
    ])('A chunk with the Content-Range %s is refused and not stored', async (range, code) => {
      const location = await begin()
      const answer = await patch(location, bytes, range)

      expect(answer.status).toBe(400)
      expect(errorIn(answer).code).toBe(code)
      expect((await running.send('GET', location)).headers.range).toBe('0-0')
    })

    it('A PUT whose digest does not match the blob is refused and ends the upload', async () => {
      const location = await begin()
      await patch(location, bytes)
      const wrong = digestOf(Buffer.from('wrong'))
      const answer = await finish(location, wrong)

      expect(answer.status).toBe(400)
      expect(errorIn(answer)).toEqual({
        code: 'BLOB_UPLOAD_INVALID',
        message: 'None of the provided layer digests match the calculated layer digest',
      })
      expect((await blob(wrong)).status).toBe(404)
      expect((await running.send('GET', location)).status).toBe(404)
    })

    it.each(['', '?digest=', '?digest=sha256:x', '?digest=md5:d41d8cd98f00b204e9800998ecf8427e'])(
      'A PUT without a valid digest is refused and leaves the upload as it is: %s',
      async (query) => {
        const location = await begin()
        await patch(location, bytes)
        const answer = await running.send('PUT', `${location}${query}`)

        expect(answer.status).toBe(400)
        expect(errorIn(answer).code).toBe('DIGEST_INVALID')
        expect((await finish(location, digest)).status).toBe(201)
      },
    )
  })

  describe('GET and DELETE', () => {
    it('GET reports how far an upload is', async () => {
      const location = await begin()
      expect((await running.send('GET', location)).headers.range).toBe('0-0')
      await patch(location, Buffer.alloc(10))
      const { status, headers, body } = await running.send('GET', location)

      expect(status).toBe(204)
      expect(headers).toMatchObject({ location, range: '0-9', 'docker-upload-uuid': location.split('/').at(-1) })
      expect(headers['content-length']).toBeUndefined()
      expect(body.length).toBe(0)
    })

    it('DELETE cancels an upload', async () => {
      const location = await begin()
      await patch(location, Buffer.alloc(10))
      const { status, body } = await running.send('DELETE', location)

      expect(status).toBe(204)
      expect(body.length).toBe(0)
      expect((await running.send('GET', location)).status).toBe(404)
      expect((await running.send('DELETE', location)).status).toBe(404)
    })
  })

  it.each(['GET', 'PATCH', 'PUT', 'DELETE'])(
    '%s of an upload that is not in this repository is answered with 404',
    async (method) => {
      const foreign = (await begin()).replace('/v2/app/', '/v2/other/')
      const query = `?digest=${digestOf(Buffer.from('x'))}`
      for (const location of [foreign, '/v2/app/blobs/uploads/none', `/v2/app/blobs/uploads/${'x'.repeat(5000)}`]) {
        const answer = await running.send(method, location + query, method.startsWith('P') ? { body: 'x' } : {})

        expect(answer.status).toBe(404)
        expect(errorIn(answer)).toEqual(uploadUnknown(location))
      }
      const nowhere = await running.send(method, `/v2/nowhere/blobs/uploads/none${query}`)
      expect(nowhere.status).toBe(404)
      expect(errorIn(nowhere).code).toBe('NAME_UNKNOWN')
    },
  )
})
