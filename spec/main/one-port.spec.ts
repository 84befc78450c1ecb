import { CreateRepositoryCommand, DescribeRepositoriesCommand, GetAuthorizationTokenCommand } from '@aws-sdk/client-ecr'
import { once } from 'node:events'
import type { Server } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { promisify } from 'node:util'
import { request } from 'undici'
import { describe, expect, it } from 'vitest'
import { addressOfOwnDataPlane, registryAddresses } from '../../src/compose/plane-addresses.js'
import { defaultLimits } from '../../src/server/limits.js'
import { planeServer, type PlaneHandler } from '../../src/server/listener.js'
import { onePort } from '../../src/server/one-port.js'
import { freePort } from '../support/free-port.js'
import { wholeEmulator } from '../support/whole-emulator.js'

describe('both planes on one port', () => {
  it('One port serves the API, the registry, the admin endpoints and the health of both planes', async () => {
    await using emulator = await wholeEmulator()
    expect(emulator.endpoint).toBe(`http://${emulator.registry}`)
    await emulator.ecr().send(new CreateRepositoryCommand({ repositoryName: 'team/app' }))
    expect(await emulator.get('team/app/tags/list')).toMatchObject({ status: 200 })
    const statusOf = async (path: string) => (await request(emulator.endpoint + path)).statusCode
    expect(await statusOf('/v2/')).toBe(401)
    expect(await statusOf('/v2')).toBe(401)
    expect(await statusOf('/v2/?n=1')).toBe(401)
    expect(await statusOf('/v20/')).toBe(404)
    expect(await statusOf('/_layers?digest=x')).toBe(403)
    expect(await statusOf('/_admin')).toBe(200)
    const jsonAt = async (path: string) => (await request(emulator.endpoint + path)).body.json()
    expect(await jsonAt('/health')).toMatchObject({ status: 'ok', plane: 'both' })
    expect(await jsonAt('/ready')).toEqual({ status: 'ready', plane: 'both' })
  })

  it('A registry port that equals the port of the API is the same port', async () => {
    const port = await freePort()
    await using emulator = await wholeEmulator({ port, registryPort: port })
    expect(emulator).toMatchObject({ endpoint: `http://localhost:${port}`, registry: `localhost:${port}` })
  })

  it('A registry with a port of its own does not answer on the port of the API', async () => {
    await using emulator = await wholeEmulator({ registryPort: 0 })
    expect(emulator.endpoint).not.toBe(`http://${emulator.registry}`)
    expect((await request(`${emulator.endpoint}/v2/`)).statusCode).toBe(404)
    expect((await request(`http://${emulator.registry}/v2/`)).statusCode).toBe(401)
    const readyAt = async (url: string) => (await request(`${url}/ready`)).body.json()
    expect(await readyAt(emulator.endpoint)).toEqual({ status: 'ready', plane: 'control' })
    expect(await readyAt(`http://${emulator.registry}`)).toEqual({ status: 'ready', plane: 'data' })
  })

  it('A repository URI and the proxy endpoint begin with the host that the caller has used', async () => {
    await using emulator = await wholeEmulator()
    const { port } = new URL(emulator.endpoint)
    await emulator.ecr().send(new CreateRepositoryCommand({ repositoryName: 'team/app' }))
    for (const host of ['localhost', '127.0.0.1']) {
      const client = emulator.ecr('AKIAADMIN1', 'us-east-1', `http://${host}:${port}`)
      const { repositories } = await client.send(new DescribeRepositoriesCommand({}))
      expect(repositories?.[0]?.repositoryUri).toBe(`${host}:${port}/team/app`)
      const { authorizationData } = await client.send(new GetAuthorizationTokenCommand({}))
      expect(authorizationData?.[0]?.proxyEndpoint).toBe(`http://${host}:${port}`)
    }
  })
})

describe('address of the registry for a request', () => {
  const own = addressOfOwnDataPlane({ host: '127.0.0.1', tlsCert: undefined }, 4566)
  const shared = registryAddresses({ registryHost: undefined }, () => own, true)
  const from = (host?: string, more: Record<string, string> = {}, isSecure = false) => ({
    headers: { ...(host !== undefined && { host }), ...more },
    isSecure,
  })

  it.each([
    [from('localhost:4566'), 'http://localhost:4566'],
    [from('localhost:32768'), 'http://localhost:32768'],
    [from('host.docker.internal:4566'), 'http://host.docker.internal:4566'],
    [from('ecr-local:4566'), 'http://ecr-local:4566'],
    [from('[::1]:4566'), 'http://[::1]:4566'],
    [from('localhost'), 'http://localhost:80'],
    [from('ecr.team.test', {}, true), 'https://ecr.team.test'],
    [from('ecr.team.test:443', {}, true), 'https://ecr.team.test'],
    [from('ecr.team.test:8443', {}, true), 'https://ecr.team.test:8443'],
    [from('ecr.team.test', { 'x-forwarded-proto': 'https' }), 'https://ecr.team.test'],
    [from('ecr.team.test', { 'x-forwarded-proto': 'https, http' }), 'https://ecr.team.test'],
    [from('ecr.team.test', { 'x-forwarded-proto': 'http,https' }), 'http://ecr.team.test:80'],
    [from('ecr.team.test', { 'x-forwarded-proto': 'http' }), 'http://ecr.team.test:80'],
    [from(undefined), 'http://localhost:4566'],
    [from('a/b'), 'http://localhost:4566'],
    [from('user@host:1'), 'http://localhost:4566'],
  ])('The registry is reached where the caller has reached the API: %j', (asked, url) => {
    const { scheme, host } = shared(asked)
    expect(`${scheme}://${host}`).toBe(url)
  })

  it('A registry with a port of its own is reached by the name of the caller at that port', () => {
    const apart = registryAddresses({ registryHost: undefined }, () => ({ ...own, port: '4510' }), false)
    const expected = { scheme: 'http', host: 'ecr-local:4510' }
    expect(apart(from('ecr-local:9999'))).toEqual(expected)
    expect(apart(from('ecr-local', { 'x-forwarded-proto': 'https' }))).toEqual(expected)
    const secure = { ...own, scheme: 'https', port: '443' } as const
    expect(registryAddresses({ registryHost: undefined }, () => secure, false)(from('ecr.team.test:4566'))).toEqual({
      scheme: 'https',
      host: 'ecr.team.test',
    })
  })

  it('The setting registryHost takes precedence over the host of the request', () => {
    const named = registryAddresses({ registryHost: '{account}.ecr.test:{port}' }, () => own, true)
    expect(named(from('localhost:32768'))).toEqual({ scheme: 'http', host: '{account}.ecr.test:4566' })
  })
})

describe('connections of both planes on one port', () => {
  const habits = { keepAliveTimeoutMs: 5_000, hasIdleTimeout: false, isReadFirst: () => true }
  const readThenAnswer: PlaneHandler['listener'] = (req, res) => void req.resume().once('end', () => res.end('read'))
  const control: PlaneHandler = { habits: { ...habits, requestTimeoutMs: 300 }, listener: readThenAnswer }
  const data = {
    habits: { ...habits, requestTimeoutMs: 0, hasIdleTimeout: true, isReadFirst: () => false },
    isRegistryRequest: ({ url = '' }) => url.startsWith('/v2/'),
    listener: readThenAnswer,
  }

  /** Sends a head, half of a body and, after the time limit of the API, the rest. Resolves with all that comes back. */
  async function slowRequest(server: Server, path: string): Promise<string> {
    const socket = connect((server.address() as AddressInfo).port, '127.0.0.1')
    socket.on('error', () => {})
    socket.write(`POST ${path} HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nConnection: close\r\n\r\na`)
    const rest = setTimeout(() => socket.write('b'), 900)
    let text = ''
    socket.on('data', (chunk) => (text += chunk.toString()))
    await once(socket, 'close')
    clearTimeout(rest)
    return text
  }

  it('A call of the API has its time limit, and an upload takes as long as its bytes move', async () => {
    const server = planeServer({ limits: defaultLimits }, onePort(control, data)).listen(0, '127.0.0.1')
    await once(server, 'listening')
    const [call, upload] = await Promise.all([slowRequest(server, '/'), slowRequest(server, '/v2/')])
    expect(call).toMatch(/^HTTP\/1\.1 408 /)
    expect(upload).toMatch(/^HTTP\/1\.1 200 [^]*read/)
    server.close()
  })

  /** Waits until the server has ended the connection of a client that has sent this and never closes its side. */
  async function connectionEnds(text: string, listener = readThenAnswer): Promise<void> {
    const limits = { ...defaultLimits, idleTimeoutSeconds: 0.4 }
    const server = planeServer({ limits }, onePort(control, { ...data, listener })).listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo
    const accepted = once(server, 'connection')
    const client = connect({ port, host: '127.0.0.1', allowHalfOpen: true }).on('error', () => {})
    client.write(text)
    await accepted
    await expect.poll(promisify(server.getConnections.bind(server))).toBe(0)
    client.destroy()
    server.close()
  }

  it('A call that has exceeded its time limit loses its connection, even if the client keeps it open', async () => {
    await connectionEnds('POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\na')
  })

  it('A pull that nothing is read of has the idle time-out, also with a call pipelined before or behind it', async () => {
    const stalls: PlaneHandler['listener'] = (_req, res) => void res.write(Buffer.alloc(50_000_000))
    const call = 'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\na'
    const pull = 'GET /v2/ HTTP/1.1\r\nHost: x\r\n\r\n'
    const texts = [call + pull, pull + call, call + call + pull]
    await Promise.all(texts.map((text) => connectionEnds(text, stalls)))
  })
})
