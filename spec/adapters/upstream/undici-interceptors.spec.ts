import { buffer } from 'node:stream/consumers'
import { Agent, interceptors, request } from 'undici'
import { describe, expect, it } from 'vitest'
import { faultyUpstream } from '../../support/faulty-upstream.js'
import { type Fault, ignoreRange, redirect, reset, status, truncate } from '../../support/upstream-faults.js'
import { pullingFrom } from '../../support/upstream-pulling.js'

/** Shows which of our rules undici's interceptors do not keep: see docs/decisions/0030-upstream-client.md. */
const fetchWith = async (interceptor: ReturnType<typeof interceptors.redirect>, url: string) => {
  await using agent = new DisposableAgent({ bodyTimeout: 300 })
  const { statusCode, headers, body } = await request(url, { dispatcher: agent.compose(interceptor) })
  return { statusCode, headers, bytes: await buffer(body) }
}

class DisposableAgent extends Agent {
  [Symbol.asyncDispose]() {
    return this.destroy()
  }
}

const redirecting = interceptors.redirect({ maxRedirections: 5 })
const retrying = interceptors.retry({ maxRetries: 4, minTimeout: 1, retryAfter: true })

/** Redirects with a body that never ends. */
const endlessRedirect =
  (origin: string): Fault =>
  (_, { request: { url }, response }) => {
    response.writeHead(307, { location: `${origin}${url}?signature=abc` })
    response.write(Buffer.alloc(1_000_000))
    return undefined
  }

describe("Undici's redirect interceptor and ours", () => {
  it('Our client follows a redirect back to an address it has visited, which undici takes for a loop', async () => {
    await using upstream = await faultyUpstream()
    const digest = upstream.addBlob(10)
    const self: Fault = (reply, { request: { url } }) => ({ ...reply, status: 307, headers: { location: String(url) } })
    await using pulling = pullingFrom(upstream)
    upstream.fault('/blobs/', self, { times: 2 })
    expect(await buffer((await pulling.registry.blob('app', digest)).body)).toHaveLength(10)
    upstream.fault('/blobs/', self, { times: 2 })
    await expect(fetchWith(redirecting, `${upstream.url}/v2/app/blobs/${digest}`)).rejects.toThrow('loop detected')
  })

  it('Our client reads at most 64 KiB of the body of a redirect, and undici waits for its end', async () => {
    await using upstream = await faultyUpstream()
    const digest = upstream.addBlob(10)
    await using pulling = pullingFrom(upstream)
    upstream.fault('/blobs/', endlessRedirect(upstream.url), { times: 1 })
    expect(await buffer((await pulling.registry.blob('app', digest)).body)).toHaveLength(10)
    upstream.fault('/blobs/', endlessRedirect(upstream.url), { times: 1 })
    await expect(fetchWith(redirecting, `${upstream.url}/v2/app/blobs/${digest}`)).rejects.toThrow('Body Timeout')
  })

  it('Our client does not follow a 300, and undici follows it', async () => {
    await using upstream = await faultyUpstream()
    const digest = upstream.addBlob(10)
    await using pulling = pullingFrom(upstream)
    upstream.fault('/blobs/', redirect(upstream.url, 300), { times: 1 })
    await expect(pulling.registry.blob('app', digest)).rejects.toThrow('with 300 Multiple Choices')
    upstream.fault('/blobs/', redirect(upstream.url, 300), { times: 1 })
    const { statusCode } = await fetchWith(redirecting, `${upstream.url}/v2/app/blobs/${digest}`)
    expect(statusCode).toBe(200)
  })
})

describe("Undici's retry interceptor and ours", () => {
  it('Our client fetches a manifest that broke off again, and undici fails if the registry ignores Range', async () => {
    await using upstream = await faultyUpstream()
    const image = upstream.addImage('app', { tag: 'latest' })
    await using pulling = pullingFrom(upstream)
    upstream.fault('GET ', ignoreRange())
    upstream.fault('GET ', truncate(10), { times: 1 })
    expect((await pulling.registry.manifest('app', 'latest')).bytes).toEqual(image.bytes)
    upstream.fault('GET ', truncate(10), { times: 1 })
    const url = `${upstream.url}/v2/app/manifests/latest`
    await expect(fetchWith(retrying, url)).rejects.toThrow('does not support the range header')
  })

  it('Our client lets its caller resume a blob that broke off, and undici requests the rest itself', async () => {
    await using upstream = await faultyUpstream()
    const digest = upstream.addBlob(5000)
    await using pulling = pullingFrom(upstream)
    upstream.fault('/blobs/', reset(2000), { times: 1 })
    await expect(buffer((await pulling.registry.blob('app', digest)).body)).rejects.toThrow()
    expect(upstream.count('/blobs/')).toBe(1)
    upstream.fault('/blobs/', reset(2000), { times: 1 })
    const { bytes } = await fetchWith(retrying, `${upstream.url}/v2/app/blobs/${digest}`)
    expect(bytes).toHaveLength(5000)
    expect(upstream.requests.at(-1)?.headers.range).toBe('bytes=2000-4999')
  })

  it('Our client reports the registry\'s own words after the last try, and undici says "Request failed"', async () => {
    await using upstream = await faultyUpstream()
    upstream.fault('GET ', status(503, { error: 'UNAVAILABLE', message: 'come back later' }))
    await using pulling = pullingFrom(upstream)
    await expect(pulling.registry.manifest('app', 'latest')).rejects.toThrow('UNAVAILABLE: come back later')
    await expect(fetchWith(retrying, `${upstream.url}/v2/app/manifests/latest`)).rejects.toThrow('Request failed')
  })
})
