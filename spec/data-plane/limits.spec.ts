import { connect } from 'node:net'
import { describe, expect, it } from 'vitest'
import { actionRates } from '../../src/server/action-rates.js'
import { defaultLimits, type Limits } from '../../src/server/limits.js'
import { startCache } from '../support/cache.js'
import { faultyUpstream } from '../support/faulty-upstream.js'
import { errorIn, type RunningRegistry, startRegistry } from '../support/registry.js'
import { digestOf, mediaTypes, seededBytes } from '../support/upstream-content.js'

const limitedTo = async (limits: Partial<Limits>) => {
  const running = await startRegistry({ limits: { ...defaultLimits, ...limits } })
  await running.createRepository('app')
  return running
}

const rateExceeded = { code: 'TOOMANYREQUESTS', message: 'Rate exceeded' }
const headers = { 'content-type': mediaTypes.ociManifest }

describe('request rate limit', () => {
  it('A client that exceeds the rate limit gets 429 with a Retry-After header', async () => {
    await using running = await limitedTo({ requestsPerSecond: 1 })
    for (let count = 0; count < 10; count++) expect((await running.send('GET', '/v2/')).status).toBe(200)
    const answer = await running.send('GET', '/v2/')
    expect(answer.status).toBe(429)
    expect(answer.headers['retry-after']).toBe('1')
    expect(errorIn(answer)).toEqual(rateExceeded)
  })
})

describe('rates of actions', () => {
  it('A pull above the rate of its action is refused with 429, and a login is not', async () => {
    const wall = new Date()
    await using running = await startRegistry({ actionRates: actionRates({ BatchGetImage: 1 }, { wall: () => wall }) })
    await running.createRepository('app')
    const pull = () => running.send('GET', '/v2/app/manifests/v1')
    expect((await pull()).status).toBe(404)
    const answer = await pull()
    expect(answer.status).toBe(429)
    expect(errorIn(answer)).toEqual(rateExceeded)
    expect((await running.send('GET', '/v2/')).status).toBe(200)
    expect((await running.send('GET', '/v2/app/tags/list')).status).toBe(200)
  })
})

describe('concurrency limit', () => {
  it('Requests beyond the concurrency limit are refused until earlier ones are answered', async () => {
    await using running = await limitedTo({ requestsAtOnce: 1 })
    const upload = running.open('POST', `/v2/app/blobs/uploads/?digest=sha256:${'0'.repeat(64)}`, {
      'content-length': '5',
    })
    upload.flushHeaders()
    await expect.poll(async () => (await running.send('GET', '/v2/')).status).toBe(429)
    expect((await running.send('GET', '/health')).status).toBe(200)
    upload.end('layer')
    await new Promise((resolve) => upload.once('response', resolve))
    expect((await running.send('GET', '/v2/')).status).toBe(200)
  })

  it('Pulls that a client has pipelined hold no permit after it has disconnected', async () => {
    await using running = await limitedTo({ requestsAtOnce: 4 })
    const image = await running.push('app', { tag: 'v1', layerSize: 20_000_000, layers: 1 })
    const path = `/v2/app/blobs/${image.layers[0]}`
    const socket = connect(running.port, '127.0.0.1').on('error', () => {})
    socket.write(`GET ${path} HTTP/1.1\r\nhost: localhost\r\nauthorization: ${running.tokenOf()}\r\n\r\n`.repeat(8))
    await new Promise((resolve) => socket.once('data', resolve))
    socket.destroy()
    // One permit would be left even so: this takes it.
    const held = running.open('GET', path)
    await new Promise((resolve) => held.once('response', (res) => resolve(res.pause())).end())
    await expect.poll(async () => (await running.send('GET', '/v2/')).status).toBe(200)
    held.destroy()
  })

  it('A pull of a stored layer that waits behind another one holds no permit after its client has disconnected', async () => {
    await using upstream = await faultyUpstream()
    const image = upstream.addImage('app', { tag: 'v1', layerSize: 16_000_000, layers: 1 })
    await using cache = await startCache({ upstreams: { 'quay.io': upstream.url }, planeLimits: { requestsAtOnce: 4 } })
    await cache.addRule({ ecrRepositoryPrefix: 'quay', upstreamRegistryUrl: 'quay.io' })
    const get = async (path: string) => {
      const { statusCode, body } = await cache.ask(`quay/app/${path}`)
      await body.arrayBuffer()
      return statusCode
    }
    const path = `blobs/${image.layers[0]}`
    await get('manifests/v1')
    await get(path)
    const pull = `GET /v2/quay/app/${path} HTTP/1.1\r\nhost: localhost\r\nauthorization: ${cache.authorization()}\r\n\r\n`
    for (let connections = 0; connections < 4; connections++) {
      const socket = connect(Number(new URL(cache.url).port), '127.0.0.1').on('error', () => {})
      socket.write(pull.repeat(2))
      await new Promise((resolve) => socket.once('data', () => resolve(socket.pause())))
      // By then the server waits until it can write more.
      for (let answers = 0; answers < 3; answers++) await get('manifests/v1')
      socket.destroy()
      await expect.poll(() => get('manifests/v1')).toBe(200)
    }
  })
})

describe('memory budget for manifests', () => {
  it('An unfinished manifest push is refused with 429 when the memory budget is used up', async () => {
    await using running = await limitedTo({ bodiesMiB: 1 })
    const put = (tag: string) => {
      const req = running.open('PUT', `/v2/app/manifests/${tag}`, { ...headers, 'content-length': '2000000' })
      const status = new Promise((resolve) => {
        req.once('response', (res) => resolve(res.statusCode)).on('error', () => {})
      })
      req.write(seededBytes(700_000))
      return { req, status }
    }
    const slow = put('slow')
    const next = put('next')
    expect(await Promise.race([slow.status, next.status])).toBe(429)
    slow.req.destroy()
    next.req.destroy()
  })
})

describe('manifests of 4 MiB', () => {
  /** Pushes this body as a manifest. */
  const put = (running: RunningRegistry, body: string) =>
    running.send('PUT', '/v2/app/manifests/latest', { headers, body })

  it.each([
    ['that nests a million times', '['.repeat(4 * 1024 * 1024)],
    ['of a million objects', `{"schemaVersion":2,"layers":[${'{},'.repeat(1_300_000)}{}]}`],
  ])('A manifest of 4 MiB %s is refused as UNSUPPORTED', async (_, body) => {
    await using running = await limitedTo({})
    expect(errorIn(await put(running, body))).toMatchObject({ code: 'UNSUPPORTED' })
  })

  it('A manifest of more than 4 MiB is refused with 413 before its body is sent', async () => {
    await using running = await limitedTo({})
    const req = running.open('PUT', '/v2/app/manifests/latest', { ...headers, 'content-length': '4194305' })
    req.on('error', () => {}).flushHeaders()
    expect(await new Promise((resolve) => req.once('response', (res) => resolve(res.statusCode)))).toBe(413)
    req.destroy()
  })
})

describe('idle transfers', () => {
  it('An upload is closed when its client stops sending', async () => {
    await using running = await limitedTo({ idleTimeoutSeconds: 0.1 })
    const req = running.open('POST', `/v2/app/blobs/uploads/?digest=sha256:${'0'.repeat(64)}`, {
      'content-length': '99',
    })
    req.write('some')
    await expect(new Promise((_, reject) => req.once('error', reject))).rejects.toMatchObject({ code: 'ECONNRESET' })
  })

  it('A download is closed when its client stops reading', async () => {
    await using running = await limitedTo({ idleTimeoutSeconds: 0.1 })
    const image = await running.push('app', { tag: 'v1', layerSize: 20_000_000, layers: 1 })
    const path = `/v2/app/blobs/${image.layers[0]}`
    const held = new Promise<number | undefined>((resolve) => {
      const get = running.open('GET', path)
      get.once('response', (res) => resolve(res.pause().statusCode)).end()
    })
    expect(await held).toBe(200)
    const connections = () => new Promise((resolve) => running.server.getConnections((_, count) => resolve(count)))
    expect(await connections()).toBe(1)
    await expect.poll(connections).toBe(0)
  })

  it('A slow upload stays open as long as bytes arrive', async () => {
    await using running = await limitedTo({ idleTimeoutSeconds: 0.3 })
    const bytes = seededBytes(8)
    const image = `/v2/app/blobs/uploads/?digest=${digestOf(bytes)}`
    const req = running.open('POST', image, { 'content-length': '8' })
    const status = new Promise((resolve) => req.once('response', (res) => resolve(res.statusCode)))
    for (const byte of bytes) {
      req.write(Buffer.of(byte))
      await new Promise((resolve) => setTimeout(resolve, 100))
    }
    req.end()
    expect(await status).toBe(201)
  })
})

describe('incomplete request headers', () => {
  it('A connection that never finishes its request headers gets 408 and is closed', async () => {
    await using running = await limitedTo({ headersTimeoutSeconds: 0.2 })
    const socket = connect(running.port, '127.0.0.1').on('error', () => {})
    socket.write('GET /v2/ HTTP/1.1\r\nhost: localhost\r\nx-slow: ')
    const told = await new Promise<string>((resolve) => socket.once('data', (data) => resolve(data.toString())))
    expect(told).toMatch(/^HTTP\/1\.1 408 /)
    await new Promise((resolve) => socket.once('close', resolve))
  })
})
