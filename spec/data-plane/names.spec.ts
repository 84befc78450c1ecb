import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { errorIn, type RunningRegistry, startRegistry } from '../support/registry.js'
import { digestOf } from '../support/upstream-content.js'

describe('repository names in paths', () => {
  let running: RunningRegistry
  beforeAll(async () => void (running = await startRegistry()))
  afterAll(() => running[Symbol.asyncDispose]())

  it.each([
    'ab',
    'a/b/c/d/e/f',
    'blobs',
    'manifests/tags',
    'x/blobs/uploads',
    'x/manifests/latest',
    'x/tags/list',
    'referrers/y',
    'v2/v2',
    'a.b_c__d---e/0',
    'x'.repeat(256),
  ])('A repository can be named %s', async (name) => {
    await running.createRepository(name)
    const image = await running.push(name, { tag: 'list', seed: name })
    const begun = await running.send('POST', `/v2/${name}/blobs/uploads/`)

    expect((await running.send('GET', `/v2/${name}/manifests/list`)).body.equals(image.bytes)).toBe(true)
    expect((await running.send('HEAD', `/v2/${name}/manifests/${image.digest}`)).status).toBe(200)
    expect((await running.send('HEAD', `/v2/${name}/blobs/${image.config}`)).status).toBe(200)
    expect((await running.send('GET', `/v2/${name}/tags/list`)).body.toString()).toBe(
      `{"name":"${name}","tags":["list"]}`,
    )
    expect((await running.send('GET', `/v2/${name}/referrers/${image.digest}`)).status).toBe(200)
    expect(begun.headers.location).toMatch(new RegExp(`^/v2/${name}/blobs/uploads/[0-9a-f-]{36}$`))
    expect((await running.send('GET', begun.headers.location ?? '')).status).toBe(204)
  })

  it('A repository name can be written with percent-encoded slashes', async () => {
    await running.createRepository('encoded/name')
    expect((await running.send('GET', '/v2/encoded%2Fname/tags/list')).status).toBe(200)
  })

  const sentences = {
    pattern:
      "Invalid parameter at 'repositoryName' failed to satisfy constraint: 'must satisfy regular expression '[a-z0-9]+((\\.|_|__|-+)[a-z0-9]+)*(/[a-z0-9]+((\\.|_|__|-+)[a-z0-9]+)*)*''",
    short:
      "Invalid parameter at 'repositoryName' failed to satisfy constraint: 'must have length greater than or equal to 2'",
    long: "Invalid parameter at 'repositoryName' failed to satisfy constraint: 'must have length less than or equal to 256'",
  }

  it.each([
    ['Upper/case', sentences.pattern],
    ['two//slashes', sentences.pattern],
    ['/slash-first', sentences.pattern],
    ['../../etc', sentences.pattern],
    ['with%20space', sentences.pattern],
    ['with%00nul', sentences.pattern],
    ['-dash', sentences.pattern],
    ['a___b', sentences.pattern],
    ['x', sentences.short],
    ['x'.repeat(257), sentences.long],
  ])('A repository cannot be named %s', async (name, message) => {
    const digest = digestOf(Buffer.from('x'))
    for (const path of [`${name}/manifests/latest`, `${name}/blobs/${digest}`, `${name}/tags/list`]) {
      const answer = await running.send('GET', `/v2/${path}`)

      expect(answer.status).toBe(400)
      expect(errorIn(answer)).toEqual({ code: 'NAME_INVALID', message })
    }
  })

  it.each(['%', '%zz', '%ff', '%E0%A4%A', 'a%'])(
    'A path with an invalid percent-encoding is answered with 400: %s',
    async (part) => {
      const error = vi.spyOn(running.deps.log, 'error')
      for (const path of [
        `${part}/manifests/x`,
        `app/manifests/${part}`,
        `app/blobs/uploads/${part}`,
        `app/tags/${part}`,
      ]) {
        const answer = await running.send('GET', `/v2/${path}`)

        expect(answer.status).toBe(400)
        expect(errorIn(answer).code).toBe('NAME_INVALID')
      }
      expect(error).not.toHaveBeenCalled()
    },
  )

  it('A path that is no endpoint is answered with 404, and /v2 is answered like /v2/', async () => {
    for (const path of ['/', '/v1/', '/v2', '/v2/app', '/v2/app/manifests/', '/v2/app/tags', '/v2/manifests/latest']) {
      const { status } = await running.send('GET', path)
      expect(status, path).toBe(path === '/v2' ? 200 : 404)
    }
  })

  it('HEAD is answered wherever GET is, with the content length and no body', async () => {
    await running.createRepository('heads')
    for (const path of ['/v2/', '/v2/_catalog', '/v2/heads/tags/list']) {
      const { status, headers, body } = await running.send('HEAD', path)
      expect(status, path).toBe(200)
      expect(Number(headers['content-length']), path).toBeGreaterThan(0)
      expect(body.length, path).toBe(0)
    }
  })
})
