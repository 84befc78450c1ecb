import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { ecrCredentials } from '../../../src/adapters/ecr-upstream/ecr-credentials.js'
import { apiEndpoint, ecrHost } from '../../../src/registry/cache-rules/ecr-host.js'
import type { RegistryReader } from '../../../src/registry/ports/upstream-access.js'
import { wholeEmulator } from '../../support/whole-emulator.js'

const host = '111122223333.dkr.ecr.eu-west-1.amazonaws.com'
const named = ecrHost(host)!
const registry = { account: '111122223333', region: 'us-east-1' }
const rule = { ecrRepositoryPrefix: 'ecr', upstreamRegistryUrl: host, createdAt: 0, updatedAt: 0 }
const reader: RegistryReader = { registry, rule }
const clock = { wall: () => new Date() }

beforeEach(() => {
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'AKIAADMIN1')
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'secret')
})
afterEach(() => vi.unstubAllEnvs())

describe('authorization tokens for an upstream registry', () => {
  it('A token is requested once for all who wait for it, and again after half of its life, at most six hours', async () => {
    await using emulator = await wholeEmulator()
    let later = 0
    const moving = { wall: () => new Date(Date.now() + later) }
    const tokens = ecrCredentials({ upstreams: { [host]: { api: emulator.endpoint } }, clock: moving })
    const [first, ...others] = await Promise.all(Array.from({ length: 5 }, () => tokens.get(host, named, reader)))
    expect(first?.username).toBe('AWS')
    for (const other of others) expect(other).toBe(first)
    later = 6 * 60 * 60 * 1000 - 60_000
    expect(await tokens.get(host, named, reader)).toBe(first)
    later += 61_000
    expect((await tokens.get(host, named, reader)).accessToken).not.toBe(first?.accessToken)
  })

  it('Rules with another role or of another account have tokens of their own', async () => {
    await using emulator = await wholeEmulator()
    const tokens = ecrCredentials({ upstreams: { [host]: { api: emulator.endpoint } }, clock })
    const own = await tokens.get(host, named, reader)
    const other = { ...reader, registry: { ...registry, account: '444455556666' } }
    expect(await tokens.get(host, named, other)).not.toBe(own)
    const customRoleArn = 'arn:aws:iam::111122223333:role/none'
    await expect(tokens.get(host, named, { ...reader, rule: { ...rule, customRoleArn } })).rejects.toMatchObject({
      kind: 'access-denied',
      message: expect.stringContaining('sts:AssumeRole'),
    })
  })

  it.each([
    ['unavailable', 500, { __type: 'ServerException', message: 'internal' }],
    ['too-many-requests', 400, { __type: 'ThrottlingException', message: 'Rate exceeded' }],
    ['access-denied', 400, { __type: 'UnrecognizedClientException', message: 'The security token is invalid.' }],
    ['unavailable', 200, { authorizationData: [] }],
    ['unavailable', undefined, 'silence'],
  ] as const)('A login is %s where the API answers %s with %j', async (kind, status, body) => {
    const server = createServer((_, response) => {
      const headers = { 'content-type': 'application/x-amz-json-1.1' }
      if (status) response.writeHead(status, headers).end(JSON.stringify(body))
    }).listen(0, '127.0.0.1')
    await new Promise((ready) => server.once('listening', ready))
    const api = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    const tokens = ecrCredentials({ upstreams: { [host]: { api } }, clock, timeoutMs: 1500 })
    await expect(tokens.get(host, named, reader)).rejects.toMatchObject({ name: 'UpstreamFailure', kind })
    server.closeAllConnections()
    server.close()
  })
})

describe('hosts of private registries', () => {
  it.each([
    [host, 'https://api.ecr.eu-west-1.amazonaws.com', 'https://sts.eu-west-1.amazonaws.com'],
    [
      '111122223333.dkr.ecr.cn-north-1.amazonaws.com.cn',
      'https://api.ecr.cn-north-1.amazonaws.com.cn',
      'https://sts.cn-north-1.amazonaws.com.cn',
    ],
    [
      '111122223333.dkr.ecr.eusc-de-east-1.amazonaws.eu',
      'https://api.ecr.eusc-de-east-1.amazonaws.eu',
      'https://sts.eusc-de-east-1.amazonaws.eu',
    ],
    ['111122223333.dkr-ecr.us-east-1.on.aws', 'https://ecr.us-east-1.api.aws', 'https://sts.us-east-1.api.aws'],
    [
      '111122223333.dkr-ecr.cn-north-1.on.amazonwebservices.com.cn',
      'https://ecr.cn-north-1.api.amazonwebservices.com.cn',
      'https://sts.cn-north-1.api.amazonwebservices.com.cn',
    ],
  ])('The APIs for %s are at its kind of endpoint', (name, ecr, sts) => {
    const parsed = ecrHost(name)!
    expect([apiEndpoint('ecr', parsed), apiEndpoint('sts', parsed)]).toEqual([ecr, sts])
  })

  it.each([
    '11112222333.dkr.ecr.eu-west-1.amazonaws.com',
    '111122223333.dkr.ecr.eu-west-1.amazonaws.com.evil.example',
    '111122223333.dkr.ecr.eu-west-1.on.aws',
    '111122223333.dkr-ecr.eu-west-1.amazonaws.com',
    'public.ecr.aws',
  ])('The host %s is none', (name) => {
    expect(ecrHost(name)).toBeUndefined()
  })
})
