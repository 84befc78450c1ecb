import { CreateRepositoryCommand, DescribeRepositoriesCommand, ECRClient } from '@aws-sdk/client-ecr'
import { GetAuthorizationTokenCommand } from '@aws-sdk/client-ecr'
import { AssumeRoleCommand, type Credentials, GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts'
import { GetSessionTokenCommand } from '@aws-sdk/client-sts'
import { request } from 'undici'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Accounts } from '../../src/access/credentials.js'
import { compose, type Running } from '../../src/compose/compose.js'
import { readConfig } from '../../src/config/read-config.js'
import type { Key } from '../support/query-call.js'
import { silent } from '../support/silent-log.js'

/*
 * Access keys whose id is an account, in strict mode: those of relaxed mode are in control-plane/relaxed.spec.ts.
 */

const trustPolicy = {
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Principal: { AWS: '111122223333' }, Action: 'sts:AssumeRole' }],
}
const roles = { ci: { trustPolicy, policies: ['AmazonEC2ContainerRegistryReadOnly'] } }

function start(accounts?: Accounts): Promise<Running> {
  const flags = { store: 'memory', port: '0', registryPort: '0' }
  return compose({ ...readConfig(flags, {}), accounts }, ['control-plane', 'data-plane'], silent)
}

const keyOf = ({ AccessKeyId = '', SecretAccessKey = '', SessionToken = '' }: Partial<Credentials> = {}): Key => ({
  accessKeyId: AccessKeyId,
  secretAccessKey: SecretAccessKey,
  sessionToken: SessionToken,
})
const key = (accessKeyId: string, secretAccessKey = 'test'): Key => ({ accessKeyId, secretAccessKey })
const first = key('111122223333')
const second = key('444455556666')

let running: Running
const options = (credentials: Key, { endpoint } = running) => ({
  credentials,
  region: 'eu-west-1',
  maxAttempts: 1,
  ...(endpoint !== undefined && { endpoint }),
})
const ecr = (credentials: Key, of = running) => new ECRClient(options(credentials, of))
const sts = (credentials: Key) => new STSClient(options(credentials))

beforeAll(async () => {
  running = await start({ '111122223333': { roles }, '444455556666': {} })
})
afterAll(() => running.close())

describe('access key of twelve digits', () => {
  it('An access key of twelve digits is the root user of its account, in every Region', async () => {
    expect(await sts(first).send(new GetCallerIdentityCommand({}))).toMatchObject({
      Account: '111122223333',
      Arn: 'arn:aws:iam::111122223333:root',
      UserId: '111122223333',
    })
  })

  it('An access key of twelve digits has a registry apart from those of other accounts', async () => {
    const { repository } = await ecr(first).send(new CreateRepositoryCommand({ repositoryName: 'apart' }))
    expect(repository?.repositoryArn).toBe('arn:aws:ecr:eu-west-1:111122223333:repository/apart')
    expect((await ecr(second).send(new DescribeRepositoriesCommand({}))).repositories).toEqual([])
    const across = ecr(second).send(new DescribeRepositoriesCommand({ registryId: '111122223333' }))
    await expect(across).rejects.toMatchObject({ name: 'AccessDeniedException' })
  })

  it('An access key of twelve digits is refused with another secret', async () => {
    const call = ecr(key('111122223333', 'other')).send(new DescribeRepositoriesCommand({}))
    await expect(call).rejects.toMatchObject({ name: 'InvalidSignatureException' })
  })

  it('An access key of twelve digits is refused with a session token, which long-term keys do not have', async () => {
    const call = ecr({ ...first, sessionToken: 'test' }).send(new DescribeRepositoriesCommand({}))
    await expect(call).rejects.toMatchObject({ name: 'UnrecognizedClientException' })
  })

  it('An access key of twelve digits gets a password for docker login that the registry accepts', async () => {
    const { authorizationData } = await ecr(first).send(new GetAuthorizationTokenCommand({}))
    const headers = { authorization: `Basic ${authorizationData?.[0]?.authorizationToken}` }
    const list = await request(`http://${running.registry}/v2/apart/tags/list`, { headers })
    expect([list.statusCode, await list.body.json()]).toEqual([200, { name: 'apart', tags: [] }])
  })

  it('An access key of twelve digits gets session credentials of its account', async () => {
    const { Credentials: session } = await sts(first).send(new GetSessionTokenCommand({}))
    const { repositories = [] } = await ecr(keyOf(session)).send(new DescribeRepositoriesCommand({}))
    expect(repositories.map(({ registryId }) => registryId)).toEqual(['111122223333'])
  })

  it('An access key of twelve digits assumes a role that trusts its account, and then has the permissions of the role', async () => {
    const input = { RoleArn: 'arn:aws:iam::111122223333:role/ci', RoleSessionName: 'build' }
    const { Credentials: session, AssumedRoleUser: user } = await sts(first).send(new AssumeRoleCommand(input))
    expect(user?.Arn).toBe('arn:aws:sts::111122223333:assumed-role/ci/build')
    const assumed = ecr(keyOf(session))
    expect((await assumed.send(new DescribeRepositoriesCommand({}))).repositories).toHaveLength(1)
    const creation = assumed.send(new CreateRepositoryCommand({ repositoryName: 'more' }))
    await expect(creation).rejects.toMatchObject({ name: 'AccessDeniedException' })
    await expect(sts(second).send(new AssumeRoleCommand(input))).rejects.toMatchObject({ name: 'AccessDenied' })
  })

  it.each(['AKIAIOSFODNN7EXAMPLE', 'LKIAQAAAAAAAHFJ3EXAM', 'LSIAQAAAAAAAHFJ3EXAM', 'ASIAIOSFODNN7EXAMPLE'])(
    'An access key id such as %s stands for no account here',
    async (accessKeyId) => {
      const call = ecr(key(accessKeyId)).send(new DescribeRepositoriesCommand({}))
      await expect(call).rejects.toMatchObject({ name: expect.stringMatching(/^(Unrecogniz|InvalidSig)/) as string })
    },
  )

  it('An access key of twelve digits is unknown as soon as the configuration describes an access key', async () => {
    const users = { admin: { accessKeys: { AKIAIOSFODNN7EXAMPLE: 'secret' } } }
    const described = await start({ '111122223333': { users } })
    try {
      const call = ecr(first, described).send(new DescribeRepositoriesCommand({}))
      await expect(call).rejects.toMatchObject({ name: 'UnrecognizedClientException' })
    } finally {
      await described.close()
    }
  })
})
