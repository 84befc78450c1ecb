import { describe, expect, it } from 'vitest'
import { faultyUpstream } from '../../support/faulty-upstream.js'
import { redirect, status } from '../../support/upstream-faults.js'
import { buffer } from 'node:stream/consumers'
import { pullingFrom } from '../../support/upstream-pulling.js'

const credentials = { username: 'ann', accessToken: 'secret' }
const login = { scheme: 'Bearer', users: { ann: 'secret' } } as const

describe('Redirects', () => {
  it.each([301, 302, 303, 307, 308])(
    'A %i to another host is followed without the Authorization header, with the Range header',
    async (code) => {
      await using storage = await faultyUpstream()
      await using upstream = await faultyUpstream({ mirrorOf: storage, login })
      const digest = upstream.addBlob(1000)
      upstream.fault('GET /v2/app/blobs/', redirect(storage.localhostUrl, code))
      await using pulling = pullingFrom(upstream, {
        credentials,
        endpoints: { 'storage.example': { endpoint: storage.localhostUrl } },
      })
      const { size, body } = await pulling.registry.blob('app', digest, 600)
      expect(size).toBe(1000)
      expect(await buffer(body)).toEqual(upstream.content.blobs.get(digest)?.subarray(600))
      const [request] = storage.requests
      expect(request?.path).toBe(`/v2/app/blobs/${digest}?signature=abc`)
      expect(request?.headers).toMatchObject({ range: 'bytes=600-', 'accept-encoding': 'identity' })
      expect(request?.headers.authorization).toBeUndefined()
    },
  )

  it('A redirect to another port of the same host is followed without the Authorization header', async () => {
    await using storage = await faultyUpstream()
    await using upstream = await faultyUpstream({ mirrorOf: storage, login: { scheme: 'Basic', users: login.users } })
    const image = upstream.addImage('app', { tag: 'latest' })
    upstream.fault('/v2/app/manifests/', redirect(storage.url))
    await using pulling = pullingFrom(upstream, { credentials, endpoints: { storage: { endpoint: storage.url } } })
    await pulling.registry.ping()
    expect(await pulling.registry.resolve('app', 'latest')).toBe(image.digest)
    expect(upstream.requests.at(-1)?.headers.authorization).toMatch(/^Basic /)
    expect(storage.requests.map(({ headers }) => headers.authorization)).toEqual([undefined])
  })

  it('A redirect within the registry keeps the Authorization header', async () => {
    await using upstream = await faultyUpstream({ login })
    const image = upstream.addImage('app', { tag: 'latest' })
    await using pulling = pullingFrom(upstream, { credentials })
    upstream.fault(/manifests\/latest$/, redirect(upstream.url), { times: 2 })
    expect((await pulling.registry.manifest('app', 'latest')).digest).toBe(image.digest)
    expect(upstream.requests.at(-1)?.headers.authorization).toMatch(/^Bearer /)
  })

  it('At most five redirects in a row are followed', async () => {
    await using upstream = await faultyUpstream()
    const digest = upstream.addBlob(10)
    await using pulling = pullingFrom(upstream)
    upstream.fault('/blobs/', redirect(upstream.url), { times: 5 })
    expect((await buffer((await pulling.registry.blob('app', digest)).body)).length).toBe(10)
    upstream.fault('/blobs/', redirect(upstream.url))
    await expect(pulling.registry.blob('app', digest)).rejects.toMatchObject({
      kind: 'unavailable',
      message: 'The upstream registry registry.example redirects more than 5 times.',
    })
    expect(upstream.count('/blobs/')).toBe(12)
  })

  it('A refusal by the storage that a registry redirects to does not count as denied access', async () => {
    await using storage = await faultyUpstream()
    await using upstream = await faultyUpstream({ login })
    const digest = upstream.addBlob(10)
    upstream.fault('/v2/app/blobs/', redirect(storage.url))
    storage.fault('/blobs/', status(403))
    await using pulling = pullingFrom(upstream, { credentials, endpoints: { storage: { endpoint: storage.url } } })
    await expect(pulling.registry.blob('app', digest)).rejects.toMatchObject({
      kind: 'unavailable',
      message: `The upstream registry registry.example (at ${new URL(storage.url).host}) answered the request for app@${digest} with 403 Forbidden.`,
    })
    storage.fault('/blobs/', status(401))
    await expect(pulling.registry.blob('app', digest)).rejects.toMatchObject({ kind: 'unavailable' })
    expect(upstream.count('GET /token')).toBe(1)
  })
})
