import { CreateRepositoryCommand, DescribeRegistryCommand } from '@aws-sdk/client-ecr'
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts'
import { request } from 'undici'
import { expect, it } from 'vitest'
import { authorizer } from '../../src/access/authorizer.js'
import { decisionLog } from '../../src/access/decision-log.js'
import { identitiesIn } from '../../src/access/identities.js'
import { memoryKeyValue } from '../../src/adapters/memory/key-value.js'
import { storeOf } from '../../src/registry/store.js'
import { startEmulator } from '../support/emulator.js'
import { targetOf } from '../support/raw-http.js'

/** `--auth relaxed`, for environments that send made-up keys. */
function start() {
  const [store, decisions, identities] = [storeOf(memoryKeyValue()), decisionLog(), identitiesIn(undefined, 'relaxed')]
  const authorize = authorizer({ store, identities, decisions })
  return startEmulator({ auth: 'relaxed', store, decisions, identities, authorize })
}

const describeRegistry = (endpoint: string, headers: Record<string, string>, query = '') =>
  request(`${endpoint}/${query}`, {
    method: 'POST',
    headers: { 'content-type': 'application/x-amz-json-1.1', 'x-amz-target': targetOf('DescribeRegistry'), ...headers },
    body: '{}',
  })

const authorization = (credential: string) => ({ authorization: `AWS4-HMAC-SHA256 Credential=${credential}` })

it.each([
  ['dummy', '000000000000'],
  ['ASIAIOSFODNN7EXAMPLE', '000000000000'],
  ['12345678901', '000000000000'],
  ['111122223333', '111122223333'],
])('takes the key %s as the administrator of account %s', async (accessKeyId, account) => {
  await using emulator = await start()
  const credentials = { accessKeyId, secretAccessKey: 'anything', sessionToken: 'anything' }
  const { repository } = await emulator
    .clientWith(credentials, 'eu-west-1')
    .send(new CreateRepositoryCommand({ repositoryName: 'app' }))
  expect(repository?.repositoryArn).toBe(`arn:aws:ecr:eu-west-1:${account}:repository/app`)
  const sts = new STSClient({ endpoint: emulator.endpoint, region: 'eu-west-1', credentials })
  expect(await sts.send(new GetCallerIdentityCommand({}))).toMatchObject({
    Account: account,
    Arn: `arn:aws:iam::${account}:root`,
  })
})

it('lets an account reach no other', async () => {
  await using emulator = await start()
  const as111 = emulator.as('111122223333')
  expect((await as111.send(new DescribeRegistryCommand({}))).registryId).toBe('111122223333')
  const foreign = new CreateRepositoryCommand({ repositoryName: 'app', registryId: '000000000000' })
  await expect(as111.send(foreign)).rejects.toMatchObject({ name: 'AccessDeniedException' })
})

it.each([
  ['a credential that ends early', authorization('111122223333')],
  ['another scheme', { authorization: 'Bearer token' }],
  ['a Region no Region can be', authorization('test/20260101/eu west/ecr/aws4_request')],
])('takes %s, as the default account in the default Region', async (_, headers) => {
  await using emulator = await start()
  const answer = await describeRegistry(emulator.endpoint, headers)
  expect(answer.statusCode).toBe(200)
  expect(await answer.body.json()).toMatchObject({ registryId: '000000000000' })
  const [call] = emulator.deps.decisions.find(String(answer.headers['x-amzn-requestid']))?.decisions ?? []
  expect(call?.question.conditions['aws:requestedregion']).toBe('us-east-1')
})

it('takes a URL that was signed long ago', async () => {
  await using emulator = await start()
  const query = '?X-Amz-Credential=111122223333%2F20130101%2Feu-west-1%2Fecr%2Faws4_request&X-Amz-Expires=1'
  const answer = await describeRegistry(emulator.endpoint, {}, query)
  expect(await answer.body.json()).toMatchObject({ registryId: '111122223333' })
})

it('still refuses a call that shows no key at all', async () => {
  await using emulator = await start()
  const answer = await describeRegistry(emulator.endpoint, {})
  expect(answer.statusCode).toBe(400)
  expect(await answer.body.json()).toEqual({
    __type: 'MissingAuthenticationTokenException',
    message: 'Request is missing Authentication Token',
  })
})

it.each([{ origin: 'http://rebound.example:4566' }, { 'sec-fetch-site': 'same-origin' }])(
  'lets no web page call, whatever its host name resolves to: %o',
  async (headers) => {
    await using emulator = await start()
    const dummy = authorization('test/20260101/us-east-1/ecr/aws4_request')
    expect((await describeRegistry(emulator.endpoint, dummy)).statusCode).toBe(200)
    expect((await describeRegistry(emulator.endpoint, { ...dummy, ...headers })).statusCode).toBe(403)
  },
)
