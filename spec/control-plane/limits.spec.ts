import {
  BatchGetImageCommand,
  type BatchGetImageResponse,
  CreatePullThroughCacheRuleCommand,
  CreateRepositoryCommand,
  DescribeRepositoriesCommand,
  type ECRClient,
  GetAuthorizationTokenCommand,
} from '@aws-sdk/client-ecr'
import aws4 from 'aws4'
import { request as httpRequest } from 'node:http'
import { connect } from 'node:net'
import { request } from 'undici'
import { describe, expect, it, vi } from 'vitest'
import { actionRates } from '../../src/server/action-rates.js'
import { defaultLimits, type Limits } from '../../src/server/limits.js'
import type { Importer } from '../../src/registry/ports/importer.js'
import { StoreUnavailable } from '../../src/registry/ports/key-value.js'
import { region, startEmulator } from '../support/emulator.js'
import { developer, queryCall } from '../support/query-call.js'
import { targetOf } from '../support/raw-http.js'

const limitedTo = (limits: Partial<Limits>) => startEmulator({ limits: { ...defaultLimits, ...limits } })

/** A call that declares a body of 1 MiB and sends the given number of bytes of it. */
function slowCall(endpoint: string, bytes: number) {
  const call = httpRequest(endpoint, { method: 'POST', agent: false, headers: { 'content-length': 1024 * 1024 } })
  const answer = new Promise<{ status: number | undefined; body: string }>((resolve, reject) => {
    call.once('error', reject)
    call.once('response', (response) => {
      let body = ''
      response.on('data', (chunk: Buffer) => (body += chunk.toString()))
      const { statusCode: status } = response
      // The refusal arrives before the client has sent everything; the connection stays open until it has.
      response.once('data', () => resolve({ status, body }))
    })
  })
  answer.catch(() => {})
  call.write(Buffer.alloc(bytes))
  return { answer, finish: () => call.end(Buffer.alloc(1024 * 1024 - bytes)) }
}

/** A signed call of the developer with the given body. */
function send(endpoint: string, body: string) {
  const headers = { 'content-type': 'application/x-amz-json-1.1', 'x-amz-target': targetOf('DescribeRepositories') }
  const signing = { service: 'ecr', region, method: 'POST', path: '/', host: new URL(endpoint).host, headers, body }
  const { headers: signed } = aws4.sign(signing, developer)
  return request(endpoint, { method: 'POST', headers: signed as Record<string, string>, body })
}

describe('request rate limit', () => {
  it('A caller above the request rate limit is refused with ThrottlingException, at which SDKs retry', async () => {
    await using emulator = await limitedTo({ requestsPerSecond: 1 })
    const call = () => emulator.ecr.send(new DescribeRepositoriesCommand({}))
    for (let count = 0; count < 10; count++) await call()
    await expect(call()).rejects.toMatchObject({
      ...{ name: 'ThrottlingException', message: 'Rate exceeded' },
      $metadata: { httpStatusCode: 400 },
    })
  })
})

describe('rates of actions', () => {
  /** An emulator with these rates, whose buckets are refilled when `pass` lets time pass. */
  async function ratedAt(rates: Record<string, number>) {
    let wall = Date.now()
    const emulator = await startEmulator({
      actionRates: actionRates(rates, { wall: () => new Date(wall) }),
      accounts: {
        '123456789012': {
          users: {
            developer: { accessKeys: { AKIDEXAMPLE: 'secret' }, policies: ['AmazonEC2ContainerRegistryFullAccess'] },
            colleague: { accessKeys: { AKIDCOLLEAGUE: 'secret' }, policies: ['AmazonEC2ContainerRegistryFullAccess'] },
          },
        },
        '210987654321': {
          users: {
            guest: { accessKeys: { AKIDGUEST: 'secret' }, policies: ['AmazonEC2ContainerRegistryFullAccess'] },
          },
        },
      },
    })
    return { emulator, pass: (milliseconds: number) => (wall += milliseconds) }
  }
  const describing = (ecr: ECRClient) => ecr.send(new DescribeRepositoriesCommand({}))
  const throttling = { name: 'ThrottlingException', message: 'Rate exceeded', $metadata: { httpStatusCode: 400 } }

  it('The users of an account together are refused above the rate of an action, until time has passed', async () => {
    const { emulator, pass } = await ratedAt({ DescribeRepositories: 2 })
    await using its = emulator
    await describing(its.ecr)
    await describing(its.as('AKIDCOLLEAGUE'))
    await expect(describing(its.ecr)).rejects.toMatchObject(throttling)
    await expect(describing(its.as('AKIDCOLLEAGUE'))).rejects.toMatchObject(throttling)
    pass(500)
    await describing(its.ecr)
    await expect(describing(its.ecr)).rejects.toMatchObject(throttling)
  })

  it('A caller that keeps asking at more than the rate still has the rate', async () => {
    const { emulator, pass } = await ratedAt({ DescribeRepositories: 2 })
    await using its = emulator
    let answered = 0
    for (let call = 0; call < 40; call++) {
      await describing(its.ecr).then(
        () => (answered += 1),
        () => {},
      )
      pass(100)
    }
    expect(answered).toBe(2 + 4 * 2 - 1)
  })

  it('Other accounts, Regions and actions have rates of their own', async () => {
    const { emulator } = await ratedAt({ DescribeRepositories: 1, PutImage: 1 })
    await using its = emulator
    await describing(its.ecr)
    await describing(its.as('AKIDEXAMPLE', 'eu-west-1'))
    await describing(its.as('AKIDGUEST'))
    for (let count = 0; count < 3; count++) await its.ecr.send(new GetAuthorizationTokenCommand({}))
    await expect(describing(its.ecr)).rejects.toMatchObject(throttling)
  })
})

describe('limit on concurrent requests', () => {
  it('A request beyond the concurrency limit is refused until another request has been answered', async () => {
    let letGo = () => {}
    const held = new Promise<void>((resolve) => (letGo = resolve))
    await using emulator = await startEmulator({
      limits: { ...defaultLimits, requestsAtOnce: 1 },
      authorize: () => held,
    })
    const first = emulator.ecr.send(new CreateRepositoryCommand({ repositoryName: 'team/app' }))
    const describing = () => emulator.ecr.send(new DescribeRepositoriesCommand({}))
    await expect.poll(() => describing().catch((error: Error) => error.name)).toBe('ThrottlingException')
    letGo()
    await first
    await expect(describing()).resolves.toMatchObject({ repositories: [{ repositoryName: 'team/app' }] })
  })
})

describe('calls waiting for an upstream', () => {
  it('Calls that wait for an upstream take no place from other calls', async () => {
    let answer = () => {}
    const answered = new Promise<void>((resolve) => (answer = resolve))
    const image = { imageId: { imageTag: 'v1' }, failureCode: 'ImageNotFound' as const, failureReason: 'not there' }
    let waiting = 0
    const pull: Importer['pull'] = (_, wait) =>
      wait(() => {
        waiting++
        return answered.then(() => image)
      })
    await using emulator = await startEmulator({
      limits: { ...defaultLimits, requestsAtOnce: 2 },
      importer: { pull, importImage: pull, refreshReferrers: async () => ({}) },
    })
    await emulator.ecr.send(
      new CreatePullThroughCacheRuleCommand({ ecrRepositoryPrefix: 'quay', upstreamRegistryUrl: 'quay.io' }),
    )
    const pulls: Promise<BatchGetImageResponse>[] = []
    for (let count = 1; count <= 20; count++) {
      const repositoryName = `quay/app${count}`
      pulls.push(emulator.ecr.send(new BatchGetImageCommand({ repositoryName, imageIds: [{ imageTag: 'v1' }] })))
      await expect.poll(() => waiting).toBe(count)
    }
    await emulator.ecr.send(new DescribeRepositoriesCommand({}))
    answer()
    for (const { failures } of await Promise.all(pulls)) expect(failures).toMatchObject([image])
  })
})

describe('memory budget for request bodies', () => {
  it('The oldest incomplete body is refused when request bodies exceed the memory budget', async () => {
    await using emulator = await limitedTo({ bodiesMiB: 1 })
    const slow = slowCall(emulator.endpoint, 700_000)
    const next = slowCall(emulator.endpoint, 600_000)
    expect(await slow.answer).toMatchObject({ status: 400, body: expect.stringContaining('ThrottlingException') })
    slow.finish()
    next.finish()
    expect(await next.answer).toMatchObject({ body: expect.stringContaining('UnknownOperationException') })
  })
})

describe('connections', () => {
  it('The connection that is idle for longest is closed for a new one at the limit of connections', async () => {
    await using emulator = await limitedTo({ connections: 3 })
    const { hostname, port } = new URL(emulator.endpoint)
    const sockets = await Promise.all(
      Array.from({ length: 3 }, async () => {
        const socket = connect(Number(port), hostname).on('error', () => {})
        await new Promise((resolve) => socket.once('connect', resolve))
        return socket
      }),
    )
    const closed: number[] = []
    sockets.forEach((socket, index) => socket.once('close', () => closed.push(index)))
    const get = () => fetch(`${emulator.endpoint}/health`, { headers: { connection: 'close' } })
    expect((await get()).status).toBe(200)
    await expect.poll(() => closed).toEqual([0])
    sockets.forEach((socket) => socket.destroy())
  })

  it('A new client is refused with status 503 when every connection has a request in progress', async () => {
    let letGo = () => {}
    const held = new Promise<void>((resolve) => (letGo = resolve))
    const isReady = vi.fn(() => held.then(() => true))
    await using emulator = await startEmulator({ limits: { ...defaultLimits, connections: 1 }, isReady })
    const { hostname, port } = new URL(emulator.endpoint)
    const first = connect(Number(port), hostname)
    first.write('GET /ready HTTP/1.1\r\nhost: localhost\r\ncontent-length: 0\r\n\r\n')
    await expect.poll(() => isReady.mock.calls).toHaveLength(1)
    const refused = async () => {
      const socket = connect(Number(port), hostname).on('error', () => {})
      return new Promise<string>((resolve) => socket.once('data', (data) => resolve(data.toString())))
    }
    expect(await refused()).toMatch(/^HTTP\/1\.1 503 Service Unavailable\r\nretry-after: 1\r\n/)
    const answered = new Promise<string>((resolve) => first.once('data', (data) => resolve(data.toString())))
    letGo()
    expect(await answered).toMatch(/^HTTP\/1\.1 200 /)
    first.destroy()
  })

  it('A connection whose headers do not end is closed after the headers timeout', async () => {
    await using emulator = await limitedTo({ headersTimeoutSeconds: 0.2 })
    const { hostname, port } = new URL(emulator.endpoint)
    const socket = connect(Number(port), hostname).on('error', () => {})
    socket.write('POST / HTTP/1.1\r\nhost: localhost\r\nx-slow: ')
    const answer = await new Promise<string>((resolve) => socket.once('data', (data) => resolve(data.toString())))
    expect(answer).toMatch(/^HTTP\/1\.1 408 /)
    socket.destroy()
  })
})

describe('expensive JSON', () => {
  it.each([
    ['deep nesting', '['.repeat(8_000_000)],
    ['many arrays', `{"repositoryNames":[${'[],'.repeat(2_000_000)}[]]}`],
  ])('Expensive JSON is refused before it is parsed: %s', async (_, body) => {
    await using emulator = await startEmulator()
    const answer = await send(emulator.endpoint, body)
    expect(await answer.body.json()).toEqual({ __type: 'SerializationException' })
  })
})

describe('unavailable store', () => {
  it('An unavailable store is reported in the protocol of STS with the retryable status 503', async () => {
    await using emulator = await startEmulator()
    const away = new StoreUnavailable('The store does not answer')
    await using broken = await startEmulator({
      clock: { ...emulator.deps.clock, now: () => Promise.reject(away) },
    })
    const members = { Action: 'GetCallerIdentity', Version: '2011-06-15' }
    const { status, headers, text } = await queryCall(broken.endpoint, { service: 'sts', members })
    expect(status).toBe(503)
    expect(headers['retry-after']).toBe('2')
    expect(text).toContain('<Code>ServiceUnavailable</Code><Message>The store does not answer</Message>')
  })
})
