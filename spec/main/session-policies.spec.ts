import { CreateRepositoryCommand, ECRClient, GetAuthorizationTokenCommand } from '@aws-sdk/client-ecr'
import { AssumeRoleCommand, STSClient } from '@aws-sdk/client-sts'
import aws4 from 'aws4'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { request } from 'undici'
import { compose, type Running } from '../../src/compose/compose.js'
import { readConfig } from '../../src/config/read-config.js'
import { silent } from '../support/silent-log.js'

/* What a session policy takes away is also missing from the registry token that the session fetches. */

const account = '111122223333'
const arn = `arn:aws:sts::${account}:assumed-role/builder/build-7`
const allow = (...actions: string[]) => ({
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Action: actions, Resource: '*' }],
})
const developer = { accessKeyId: 'AKIADEVELOPER', secretAccessKey: 'secret' }
const accounts = {
  [account]: {
    users: { developer: { accessKeys: { AKIADEVELOPER: 'secret' }, policies: [allow('ecr:*')] } },
    roles: {
      builder: {
        trustPolicy: {
          Version: '2012-10-17',
          Statement: [
            { Effect: 'Allow', Principal: { AWS: `arn:aws:iam::${account}:user/developer` }, Action: 'sts:AssumeRole' },
          ],
        },
        policies: [allow('ecr:*', 'ecr-public:*', 'sts:*')],
      },
    },
  },
}

let running: Running
beforeAll(async () => {
  const config = { ...readConfig({ store: 'memory', port: '0', registryPort: '0' }, {}), accounts }
  running = await compose(config, ['control-plane', 'data-plane'], silent)
  await ecr(developer).send(new CreateRepositoryCommand({ repositoryName: 'team/app' }))
})
afterAll(() => running.close())

const common = () => ({ endpoint: running.endpoint, region: 'us-east-1', maxAttempts: 1 })
const ecr = (credentials: typeof developer & { sessionToken?: string }) => new ECRClient({ ...common(), credentials })

/** The credentials of a role session that is narrowed by this policy. */
async function assumeBuilder(policy?: object) {
  const sts = new STSClient({ ...common(), credentials: developer })
  const { Credentials } = await sts.send(
    new AssumeRoleCommand({
      RoleArn: `arn:aws:iam::${account}:role/builder`,
      RoleSessionName: 'build-7',
      ...(policy && { Policy: JSON.stringify(policy) }),
    }),
  )
  const { AccessKeyId = '', SecretAccessKey = '', SessionToken = '' } = Credentials ?? {}
  return { accessKeyId: AccessKeyId, secretAccessKey: SecretAccessKey, sessionToken: SessionToken }
}

/** Begins an upload with the registry token of a role session that is narrowed by this policy. */
async function beginUpload(policy?: object) {
  const session = await assumeBuilder(policy)
  const { authorizationData } = await ecr(session).send(new GetAuthorizationTokenCommand({}))
  const { statusCode, body } = await request(`http://${running.registry}/v2/team/app/blobs/uploads/`, {
    method: 'POST',
    headers: { authorization: `Basic ${authorizationData?.[0]?.authorizationToken ?? ''}` },
  })
  return { statusCode, text: await body.text() }
}

it('A role session whose session policies do not narrow it can push what its role allows', async () => {
  expect((await beginUpload()).statusCode).toBe(202)
  expect((await beginUpload(allow('ecr:*'))).statusCode).toBe(202)
})

it('A push that the session policy does not allow is DENIED', async () => {
  const { statusCode, text } = await beginUpload(allow('ecr:GetAuthorizationToken', 'ecr:BatchGetImage'))
  expect(statusCode).toBe(403)
  expect(JSON.parse(text)).toEqual({
    errors: [
      {
        code: 'DENIED',
        message:
          `User: ${arn} is not authorized to perform: ecr:InitiateLayerUpload on resource: ` +
          `arn:aws:ecr:us-east-1:${account}:repository/team/app because no session policy allows the ecr:InitiateLayerUpload action`,
      },
    ],
  })
})

it('A push that the session policy denies is refused with 403 as an explicit deny', async () => {
  const policy = allow('ecr:*')
  const deny = { Effect: 'Deny', Action: 'ecr:InitiateLayerUpload', Resource: '*' }
  const { statusCode, text } = await beginUpload({ ...policy, Statement: [...policy.Statement, deny] })
  expect(statusCode).toBe(403)
  expect(text).toContain('with an explicit deny in a session policy')
})

describe('A session whose policy is too long for an authorization token', () => {
  const long = { ...allow('ecr:*', 'ecr-public:*', 'sts:*'), Id: 'i'.repeat(1900) }
  const passwordIn = (token = '') => Buffer.from(token, 'base64').toString().replace('AWS:', '')
  const statusOf = async (token = '') => {
    const { statusCode, body } = await request(`http://${running.registry}/v2/`, {
      headers: { authorization: `Basic ${token}` },
    })
    await body.dump()
    return statusCode
  }

  it('Its passwords for several registries fit into Windows’ credential store and survive a reset', async () => {
    const client = ecr(await assumeBuilder(long))
    const registryIds = [account, '444455556666']
    const { authorizationData = [] } = await client.send(new GetAuthorizationTokenCommand({ registryIds }))
    const tokens = authorizationData.map(({ authorizationToken = '' }) => authorizationToken)
    expect(tokens).toHaveLength(2)
    for (const token of tokens) {
      expect(passwordIn(token).length).toBeLessThanOrEqual(2400)
      expect(await statusOf(token)).toBe(200)
    }
    await (await request(`${running.endpoint}/_admin/reset`, { method: 'POST' })).body.dump()
    expect(await Promise.all(tokens.map(statusOf))).toEqual([200, 200])
  })

  it('Its password for ECR Public fits, too', async () => {
    const { accessKeyId, secretAccessKey, sessionToken } = await assumeBuilder(long)
    const { host } = new URL(running.endpoint ?? '')
    const target = 'SpencerFrontendService.GetAuthorizationToken'
    const signed = aws4.sign(
      {
        service: 'ecr-public',
        region: 'us-east-1',
        method: 'POST',
        path: '/',
        body: '{}',
        headers: { host, 'content-type': 'application/x-amz-json-1.1', 'x-amz-target': target },
      },
      { accessKeyId, secretAccessKey, sessionToken },
    )
    const headers = signed.headers as Record<string, string>
    const { body } = await request(running.endpoint ?? '', { method: 'POST', headers, body: '{}' })
    const { authorizationData } = (await body.json()) as { authorizationData: { authorizationToken: string } }
    expect(passwordIn(authorizationData.authorizationToken).length).toBeLessThanOrEqual(2400)
    expect(await statusOf(authorizationData.authorizationToken)).toBe(200)
  })
})
