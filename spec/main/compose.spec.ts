import { CreateRepositoryCommand, ECRClient, GetAuthorizationTokenCommand } from '@aws-sdk/client-ecr'
import { networkInterfaces } from 'node:os'
import { request } from 'undici'
import { describe, expect, it } from 'vitest'
import { compose } from '../../src/compose/compose.js'
import type { Config } from '../../src/config/config.js'
import { readConfig } from '../../src/config/read-config.js'
import { silent } from '../support/silent-log.js'

const policies = ['AmazonEC2ContainerRegistryFullAccess']
const accounts = { '111122223333': { users: { dev: { accessKeys: { AKIAEXAMPLE: 'secret' }, policies } } } }

/** Both planes in this process, in memory, on free ports. */
async function start(settings: Partial<Config> = {}) {
  const flags = { store: 'memory', port: '0', registryPort: '0' }
  const config = { ...readConfig(flags, {}), accounts, ...settings }
  const running = await compose(config, ['control-plane', 'data-plane'], silent)
  const client = (region: string) =>
    new ECRClient({
      endpoint: running.endpoint,
      region,
      credentials: { accessKeyId: 'AKIAEXAMPLE', secretAccessKey: 'secret' },
    })
  const tokenFor = async (region: string) => {
    const { authorizationData } = await client(region).send(new GetAuthorizationTokenCommand({}))
    return authorizationData![0]!
  }
  return { ...running, client, tokenFor, [Symbol.asyncDispose]: () => running.close() }
}

describe('repository URIs', () => {
  it('A repository URI names the registry plane for every account and Region', async () => {
    await using emulator = await start()
    const { repository } = await emulator
      .client('eu-west-1')
      .send(new CreateRepositoryCommand({ repositoryName: 'a/b' }))
    expect(repository?.repositoryUri).toBe(`${emulator.registry}/a/b`)
    expect((await emulator.tokenFor('eu-west-1')).proxyEndpoint).toBe(`http://${emulator.registry}`)
  })

  it('A repository URI has the AWS form where the setting registryHost asks for it', async () => {
    await using emulator = await start({ registryHost: '{account}.dkr.ecr.{region}.localhost:{port}' })
    const { repository } = await emulator
      .client('eu-west-1')
      .send(new CreateRepositoryCommand({ repositoryName: 'a/b' }))
    const port = emulator.registry.split(':')[1]
    expect(repository?.repositoryUri).toBe(`111122223333.dkr.ecr.eu-west-1.localhost:${port}/a/b`)
  })
})

const hasIpv6 = Object.values(networkInterfaces()).some((addresses) =>
  addresses?.some(({ family }) => family === 'IPv6'),
)

describe('IPv6 addresses', () => {
  it.skipIf(!hasIpv6)('An IPv6 address is announced in brackets (skipped where the machine has none)', async () => {
    await using emulator = await start({ host: '0:0:0:0:0:0:0:1' })
    expect(emulator.registry).toMatch(/^\[0:0:0:0:0:0:0:1\]:\d+$/)
    expect(emulator.endpoint).toMatch(/^http:\/\/\[0:0:0:0:0:0:0:1\]:\d+$/)
    expect((await request(`${emulator.endpoint}/health`)).statusCode).toBe(200)
  })
})

describe('registry of a request', () => {
  const list = async (url: string, authorization: string, host?: string) => {
    const answer = await request(url, { headers: { authorization: `Basic ${authorization}`, ...(host && { host }) } })
    return answer.body.json()
  }

  it('The account and Region of a request come from the token unless the host has the AWS form', async () => {
    await using emulator = await start()
    await emulator.client('eu-west-1').send(new CreateRepositoryCommand({ repositoryName: 'west/app' }))
    await emulator.client('us-east-1').send(new CreateRepositoryCommand({ repositoryName: 'east/app' }))
    const { authorizationToken = '' } = await emulator.tokenFor('eu-west-1')
    const catalog = `http://${emulator.registry}/v2/_catalog`
    expect(await list(catalog, authorizationToken)).toEqual({ repositories: ['west/app'] })
    const [west, east] = ['eu-west-1', 'us-east-1'].map((region) => `111122223333.dkr.ecr.${region}.amazonaws.com`)
    expect(await list(catalog, authorizationToken, west)).toEqual({ repositories: ['west/app'] })
    const { authorizationToken: ofEast = '' } = await emulator.tokenFor('us-east-1')
    expect(await list(catalog, ofEast, east)).toEqual({ repositories: ['east/app'] })
  })

  it('A registry is closed to the tokens of other accounts', async () => {
    await using emulator = await start()
    const { authorizationToken = '' } = await emulator.tokenFor('us-east-1')
    const host = '999988887777.dkr.ecr.us-east-1.amazonaws.com'
    expect(await list(`http://${emulator.registry}/v2/_catalog`, authorizationToken, host)).toMatchObject({
      errors: [
        { code: 'DENIED', message: expect.stringContaining('is not authorized to perform: ecr:DescribeRepositories') },
      ],
    })
  })
})
