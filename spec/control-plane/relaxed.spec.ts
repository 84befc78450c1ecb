import {
  CreateRepositoryCommand,
  DescribeRegistryCommand,
  DescribeRepositoriesCommand,
  ECRClient,
  GetAuthorizationTokenCommand,
} from '@aws-sdk/client-ecr'
import {
  AssumeRoleCommand,
  type Credentials,
  GetCallerIdentityCommand,
  GetSessionTokenCommand,
  STSClient,
} from '@aws-sdk/client-sts'
import { request } from 'undici'
import { describe, expect, it } from 'vitest'
import { defaultAccount } from '../../src/access/credentials.js'
import { compose } from '../../src/compose/compose.js'
import type { Config } from '../../src/config/config.js'
import { readConfig } from '../../src/config/read-config.js'
import type { Key } from '../support/query-call.js'
import { targetOf } from '../support/raw-http.js'
import { temporaryDirectory } from '../support/temporary-directory.js'
import { silent } from '../support/silent-log.js'

/*
 * The mode `--auth relaxed`, for environments that send invented keys, composed as `ecr-local start` composes it.
 */

async function start(settings: Partial<Config> = {}) {
  const flags = { store: 'memory', auth: 'relaxed', port: '0', registryPort: '0' }
  const running = await compose({ ...readConfig(flags, {}), ...settings }, ['control-plane', 'data-plane'], silent)
  const client = (credentials: Key, region = 'us-east-1') => ({
    ...{ endpoint: running.endpoint, region, credentials, maxAttempts: 1 },
  })
  return {
    endpoint: running.endpoint ?? '',
    ecr: (key: Key, region?: string) => new ECRClient(client(key, region)),
    sts: (key: Key, region?: string) => new STSClient(client(key, region)),
    /** The status of the answer of the registry to this login. */
    async login(authorizationToken: string) {
      const headers = { authorization: `Basic ${authorizationToken}` }
      const { statusCode, body } = await request(`http://${running.registry}/v2/`, { headers })
      await body.dump()
      return statusCode
    },
    [Symbol.asyncDispose]: () => running.close(),
  }
}
type Emulator = Awaited<ReturnType<typeof start>>

const madeUp = (accessKeyId: string): Key => ({ accessKeyId, secretAccessKey: 'anything' })
const keyOf = ({ AccessKeyId = '', SecretAccessKey = '', SessionToken = '' }: Partial<Credentials> = {}): Key => ({
  ...{ accessKeyId: AccessKeyId, secretAccessKey: SecretAccessKey, sessionToken: SessionToken },
})

const call = (endpoint: string, operation: string, headers: Record<string, string>, body = '{}', query = '') =>
  request(`${endpoint}/${query}`, {
    method: 'POST',
    headers: { 'content-type': 'application/x-amz-json-1.1', 'x-amz-target': targetOf(operation), ...headers },
    body,
  })

const authorization = (credential: string) => ({ authorization: `AWS4-HMAC-SHA256 Credential=${credential}` })

describe('access key', () => {
  it.each([
    ['dummy', '000000000000'],
    ['ASIAIOSFODNN7EXAMPLE', '000000000000'],
    ['12345678901', '000000000000'],
    ['111122223333', '111122223333'],
  ])('An access key like %s is the administrator of account %s', async (accessKeyId, account) => {
    await using emulator = await start()
    const key = { ...madeUp(accessKeyId), sessionToken: 'anything' }
    const { repository } = await emulator
      .ecr(key, 'eu-west-1')
      .send(new CreateRepositoryCommand({ repositoryName: 'app' }))
    expect(repository?.repositoryArn).toBe(`arn:aws:ecr:eu-west-1:${account}:repository/app`)
    expect(await emulator.sts(key).send(new GetCallerIdentityCommand({}))).toMatchObject({
      Account: account,
      Arn: `arn:aws:iam::${account}:root`,
    })
  })

  it('An access key reaches no account but its own', async () => {
    await using emulator = await start()
    const ecr = emulator.ecr(madeUp('111122223333'))
    expect((await ecr.send(new DescribeRegistryCommand({}))).registryId).toBe('111122223333')
    const foreign = new CreateRepositoryCommand({ repositoryName: 'app', registryId: '000000000000' })
    await expect(ecr.send(foreign)).rejects.toMatchObject({ name: 'AccessDeniedException' })
  })

  it.each([
    ['a truncated credential', authorization('test')],
    ['another authorization scheme', { authorization: 'Bearer token' }],
    ['an invalid Region', authorization('test/20260101/eu west/ecr/aws4_request')],
  ])('A call with %s belongs to the default account and Region', async (_, headers) => {
    await using emulator = await start()
    const answer = await call(emulator.endpoint, 'CreateRepository', headers, '{"repositoryName":"app"}')
    expect(answer.statusCode).toBe(200)
    expect(await answer.body.json()).toMatchObject({
      repository: { repositoryArn: 'arn:aws:ecr:us-east-1:000000000000:repository/app' },
    })
  })

  it('A presigned URL that expired long ago is accepted', async () => {
    await using emulator = await start()
    const query = '?X-Amz-Credential=111122223333%2F20130101%2Feu-west-1%2Fecr%2Faws4_request&X-Amz-Expires=1'
    const answer = await call(emulator.endpoint, 'DescribeRegistry', {}, '{}', query)
    expect(await answer.body.json()).toMatchObject({ registryId: '111122223333' })
  })

  it('A call without an access key is refused', async () => {
    await using emulator = await start()
    const answer = await call(emulator.endpoint, 'DescribeRegistry', {})
    expect(answer.statusCode).toBe(400)
    expect(await answer.body.json()).toEqual({
      __type: 'MissingAuthenticationTokenException',
      message: 'Request is missing Authentication Token',
    })
  })
})

it.each<Record<string, string>>([{ origin: 'http://rebound.example:4566' }, { 'sec-fetch-site': 'same-origin' }])(
  'A web page may not call the API, whatever its host name resolves to: %o',
  async (headers) => {
    await using emulator = await start()
    const dummy = authorization('test/20260101/us-east-1/ecr/aws4_request')
    expect((await call(emulator.endpoint, 'DescribeRegistry', dummy)).statusCode).toBe(200)
    expect((await call(emulator.endpoint, 'DescribeRegistry', { ...dummy, ...headers })).statusCode).toBe(403)
  },
)

const account = '111122223333'
const policy = (statement: object) => ({ Version: '2012-10-17', Statement: [{ Effect: 'Allow', ...statement }] })
const accounts: NonNullable<Config['accounts']> = {
  [account]: {
    users: { developer: { accessKeys: { AKIDEXAMPLE: 'secret' } } },
    roles: {
      ci: {
        trustPolicy: policy({ Principal: { AWS: account }, Action: 'sts:AssumeRole' }),
        policies: ['AmazonEC2ContainerRegistryFullAccess'],
      },
    },
  },
}

const assume = async (emulator: Emulator, accessKeyId: string) =>
  emulator
    .sts(madeUp(accessKeyId))
    .send(new AssumeRoleCommand({ RoleArn: `arn:aws:iam::${account}:role/ci`, RoleSessionName: 'build' }))

const sessionOf = async (emulator: Emulator, accessKeyId: string) =>
  keyOf((await emulator.sts(madeUp(accessKeyId)).send(new GetSessionTokenCommand({}))).Credentials)

async function loginOf(emulator: Emulator, key: Key): Promise<string> {
  const { authorizationData } = await emulator.ecr(key).send(new GetAuthorizationTokenCommand({}))
  return authorizationData?.[0]?.authorizationToken ?? ''
}

const list = (emulator: Emulator, key: Key) => emulator.ecr(key).send(new DescribeRepositoriesCommand({}))

describe('AssumeRole', () => {
  it('AssumeRole checks the trust policy even if signatures are not checked', async () => {
    await using emulator = await start({ accounts })
    expect((await assume(emulator, account)).AssumedRoleUser?.Arn).toBe(`arn:aws:sts::${account}:assumed-role/ci/build`)
    await expect(assume(emulator, 'test')).rejects.toMatchObject({
      name: 'AccessDenied',
      message: `User: arn:aws:iam::000000000000:root is not authorized to perform: sts:AssumeRole on resource: arn:aws:iam::${account}:role/ci`,
    })
  })

  it('Credentials of AssumeRole act for the default account, as any unknown access key does', async () => {
    await using emulator = await start({ accounts })
    const key = keyOf((await assume(emulator, account)).Credentials)
    const { Arn } = await emulator.sts(key).send(new GetCallerIdentityCommand({}))
    expect(Arn).toBe('arn:aws:iam::000000000000:root')
    expect(await emulator.login(await loginOf(emulator, key))).toBe(200)
  })
})

describe('credentials issued without signature checks', () => {
  const kept = (dataDir: string, more: Partial<Config>) => start({ store: 'embedded', dataDir, ...more })
  const refused = { name: 'InvalidSignatureException' }

  it('Credentials issued without signature checks are valid only while signatures are not checked', async () => {
    await using directory = await temporaryDirectory()
    const before = await kept(directory.path, { accounts })
    const keys = [keyOf((await assume(before, account)).Credentials), await sessionOf(before, account)]
    const login = await loginOf(before, madeUp(account))
    expect(await before.login(login)).toBe(200)
    await before[Symbol.asyncDispose]()

    const strict = await kept(directory.path, { accounts, auth: 'strict' })
    for (const key of keys) await expect(list(strict, key)).rejects.toMatchObject(refused)
    expect(await strict.login(login)).toBe(401)
    await strict[Symbol.asyncDispose]()

    await using after = await kept(directory.path, { accounts })
    for (const key of keys) expect((await list(after, key)).repositories).toEqual([])
    expect(await after.login(login)).toBe(200)
  })

  it('Credentials issued without signature checks are refused with checks, even in the default account', async () => {
    await using directory = await temporaryDirectory()
    const before = await kept(directory.path, {})
    const [key, login] = [await sessionOf(before, 'anybody'), await loginOf(before, madeUp('anybody'))]
    await before[Symbol.asyncDispose]()

    await using strict = await kept(directory.path, { auth: 'strict' })
    await expect(list(strict, key)).rejects.toMatchObject(refused)
    expect(await strict.login(login)).toBe(401)
    expect(await strict.login(await loginOf(strict, defaultAccount))).toBe(200)
  })
})
