import { DescribeRepositoriesCommand } from '@aws-sdk/client-ecr'
import {
  GetCallerIdentityCommand,
  GetSessionTokenCommand,
  STSClient,
  type STSServiceException,
} from '@aws-sdk/client-sts'
import { request } from 'undici'
import { describe, expect, it } from 'vitest'
import { defaultAccount } from '../../src/access/credentials.js'
import { identitiesIn } from '../../src/access/identities.js'
import { memoryKeyValue } from '../../src/adapters/memory/key-value.js'
import { BlobsUnavailable, NoSpace } from '../../src/registry/ports/blob-store.js'
import { StoreUnavailable } from '../../src/registry/ports/key-value.js'
import { storeOf } from '../../src/store/store.js'
import { accessFor } from '../support/access.js'
import { account, now, startEmulator } from '../support/emulator.js'
import { type Key, queryCall } from '../support/query-call.js'

const arn = `arn:aws:iam::${account}:user/developer`

const stsOf = (endpoint: string, secretAccessKey = 'secret', accessKeyId = 'AKIDEXAMPLE', sessionToken?: string) =>
  new STSClient({
    ...{ endpoint, region: 'us-east-1', maxAttempts: 1 },
    credentials: { accessKeyId, secretAccessKey, ...(sessionToken && { sessionToken }) },
  })

/** An emulator without configured accounts, which has the root user of the default account. */
const unconfigured = () => ({ identities: identitiesIn(undefined) })
const rootOf = (endpoint: string) => stsOf(endpoint, defaultAccount.secretAccessKey, defaultAccount.accessKeyId)

describe('unavailable storage', () => {
  const failures = [
    [new StoreUnavailable('Redis does not answer'), '2'],
    [new BlobsUnavailable('S3 does not answer'), '2'],
    [new NoSpace('Redis has no room left'), undefined],
  ] as const
  it.each(failures)('STS answers with ServiceUnavailable when storage fails: %s', async (failure, retryAfter) => {
    const wall = () => new Date()
    const advance = () => Promise.reject(failure)
    await using emulator = await startEmulator({ clock: { now: () => Promise.reject(failure), wall, advance } })
    const refused = stsOf(emulator.endpoint).send(new GetCallerIdentityCommand({}))
    const { name, message, $response } = (await refused.catch((thrown: unknown) => thrown)) as STSServiceException
    expect({ name, message }).toEqual({ name: 'ServiceUnavailable', message: failure.message })
    expect($response?.headers['retry-after']).toBe(retryAfter)
  })
})

describe('STS GetCallerIdentity', () => {
  it('GetCallerIdentity returns the owner of the access key', async () => {
    await using emulator = await startEmulator()
    const identity = await stsOf(emulator.endpoint).send(new GetCallerIdentityCommand({}))
    expect(identity).toMatchObject({ Account: account, Arn: arn })
    expect(identity.UserId).toMatch(/^AIDA[A-Z2-7]{17}$/)
  })

  it('GetCallerIdentity returns the root user of the default account', async () => {
    await using emulator = await startEmulator(unconfigured())
    expect(await rootOf(emulator.endpoint).send(new GetCallerIdentityCommand({}))).toMatchObject({
      Account: '000000000000',
      Arn: 'arn:aws:iam::000000000000:root',
      UserId: '000000000000',
    })
  })

  it('GetCallerIdentity answers a user without permissions and cannot be denied', async () => {
    const denied = { Version: '2012-10-17', Statement: [{ Effect: 'Deny', Action: '*', Resource: '*' }] }
    const users = { nobody: { accessKeys: { AKIDNOBODY: 'secret' }, policies: [denied] } }
    await using emulator = await startEmulator({ accounts: { [account]: { users } } })
    const identity = await stsOf(emulator.endpoint, 'secret', 'AKIDNOBODY').send(new GetCallerIdentityCommand({}))
    expect(identity.Arn).toBe(`arn:aws:iam::${account}:user/nobody`)
  })

  it('GetCallerIdentity refuses a wrong signature and an unknown key with the error codes of STS', async () => {
    await using emulator = await startEmulator()
    const refusals = [
      [stsOf(emulator.endpoint, 'wrong'), 'SignatureDoesNotMatch'],
      [stsOf(emulator.endpoint, 'secret', 'AKIDUNKNOWN'), 'InvalidClientTokenId'],
    ] as const
    for (const [sts, name] of refusals) {
      const refused = { name, $metadata: { httpStatusCode: 403 } }
      await expect(sts.send(new GetCallerIdentityCommand({}))).rejects.toMatchObject(refused)
    }
  })

  it.each([
    [{}, 'MissingAuthenticationToken'],
    [{ authorization: 'AWS4-HMAC-SHA256 Credential=a' }, 'IncompleteSignature'],
  ])('GetCallerIdentity refuses a call signed with %j as %s', async (signed, code) => {
    await using emulator = await startEmulator()
    const headers = { 'content-type': 'application/x-www-form-urlencoded', ...signed }
    const answer = await request(emulator.endpoint, { method: 'POST', headers, body: 'Action=GetCallerIdentity' })
    expect(answer.statusCode).toBe(403)
    expect(await answer.body.text()).toContain(`<Code>${code}</Code>`)
  })
})

describe('STS GetSessionToken', () => {
  it('GetSessionToken returns credentials with the permissions of the user for twelve hours', async () => {
    await using emulator = await startEmulator()
    const { Credentials } = await stsOf(emulator.endpoint).send(new GetSessionTokenCommand({}))
    expect(Credentials?.AccessKeyId).toMatch(/^ASIA[A-Z2-7]{16}$/)
    expect(Credentials?.Expiration).toEqual(new Date('2026-01-02T15:04:05Z'))

    const key = keyOf(Credentials)
    const identity = await stsOf(emulator.endpoint, key.secretAccessKey, key.accessKeyId, key.sessionToken).send(
      new GetCallerIdentityCommand({}),
    )
    expect(identity.Arn).toBe(arn)
    expect((await emulator.clientWith(key).send(new DescribeRepositoriesCommand({}))).repositories).toEqual([])
  })

  it('Credentials of GetSessionToken expire by the clock of the emulator', async () => {
    await using emulator = await startEmulator()
    const { Credentials } = await stsOf(emulator.endpoint).send(new GetSessionTokenCommand({ DurationSeconds: 900 }))
    expect(Credentials?.Expiration).toEqual(new Date('2026-01-02T03:19:05Z'))
    const client = emulator.clientWith(keyOf(Credentials))
    await emulator.deps.clock.advance(899)
    await client.send(new DescribeRepositoriesCommand({}))
    await emulator.deps.clock.advance(1)
    await expect(client.send(new DescribeRepositoriesCommand({}))).rejects.toMatchObject({
      name: 'ExpiredTokenException',
      message: 'The security token included in the request is expired',
    })
    const key = keyOf(Credentials)
    await expect(
      stsOf(emulator.endpoint, key.secretAccessKey, key.accessKeyId, key.sessionToken).send(
        new GetCallerIdentityCommand({}),
      ),
    ).rejects.toMatchObject({ name: 'ExpiredToken', $metadata: { httpStatusCode: 403 } })
  })

  it('Credentials of GetSessionToken are valid in every process with the same secret, and in no other', async () => {
    await using emulator = await startEmulator()
    await using restarted = await startEmulator({ store: storeOf(memoryKeyValue()) })
    await using foreign = await startEmulator({ secret: 'another secret' })
    const { Credentials } = await stsOf(emulator.endpoint).send(new GetSessionTokenCommand({}))
    const key = keyOf(Credentials)
    await restarted.clientWith(key).send(new DescribeRepositoriesCommand({}))
    await expect(foreign.clientWith(key).send(new DescribeRepositoriesCommand({}))).rejects.toMatchObject({
      name: 'InvalidSignatureException',
    })
  })

  it('Credentials of GetSessionToken are invalid once the user is gone from the configuration', async () => {
    await using emulator = await startEmulator()
    const { Credentials } = await stsOf(emulator.endpoint).send(new GetSessionTokenCommand({}))
    await using without = await startEmulator(accessFor({ accounts: { [account]: {} } }))
    await expect(
      without.clientWith(keyOf(Credentials)).send(new DescribeRepositoriesCommand({})),
    ).rejects.toMatchObject({
      name: 'UnrecognizedClientException',
      message: 'The security token included in the request is invalid',
    })
  })

  it('GetSessionToken limits the session of a root user to an hour', async () => {
    await using emulator = await startEmulator(unconfigured())
    const { Credentials } = await rootOf(emulator.endpoint).send(new GetSessionTokenCommand({ DurationSeconds: 7200 }))
    expect(Credentials?.Expiration).toEqual(new Date('2026-01-02T04:04:05Z'))
  })

  it.each([
    [899, 'greater than or equal to 900'],
    [129_601, 'less than or equal to 129600'],
  ])('GetSessionToken refuses a duration of %d seconds', async (DurationSeconds, limit) => {
    await using emulator = await startEmulator()
    await expect(stsOf(emulator.endpoint).send(new GetSessionTokenCommand({ DurationSeconds }))).rejects.toMatchObject({
      name: 'ValidationError',
      message: `1 validation error detected: Value '${DurationSeconds}' at 'durationSeconds' failed to satisfy constraint: Member must have value ${limit}`,
      $metadata: { httpStatusCode: 400 },
    })
  })

  it('GetSessionToken is refused for session credentials', async () => {
    await using emulator = await startEmulator()
    const { Credentials } = await stsOf(emulator.endpoint).send(new GetSessionTokenCommand({}))
    const key = keyOf(Credentials)
    await expect(
      stsOf(emulator.endpoint, key.secretAccessKey, key.accessKeyId, key.sessionToken).send(
        new GetSessionTokenCommand({}),
      ),
    ).rejects.toMatchObject({
      name: 'AccessDenied',
      message: 'Cannot call GetSessionToken with session credentials',
      $metadata: { httpStatusCode: 403 },
    })
  })

  it('GetSessionToken refuses a duration that is not a number', async () => {
    await using emulator = await startEmulator()
    const members = { Action: 'GetSessionToken', Version: '2011-06-15', DurationSeconds: 'an hour' }
    const { status, text } = await queryCall(emulator.endpoint, { service: 'sts', members })
    const refusal = '<Code>MalformedInput</Code><Message>DurationSeconds must be a whole number.</Message>'
    expect({ status, text }).toEqual({ status: 400, text: expect.stringContaining(refusal) })
  })
})

it('The outcome of an STS call is recorded for explanations', async () => {
  await using emulator = await startEmulator()
  const answer = await stsOf(emulator.endpoint).send(new GetCallerIdentityCommand({}))
  expect(emulator.deps.decisions.find(answer.$metadata.requestId ?? '')?.end).toEqual({
    ...{ at: now.getTime(), plane: 'control', operation: 'GetCallerIdentity' },
  })
  const refused = await stsOf(emulator.endpoint, 'wrong')
    .send(new GetCallerIdentityCommand({}))
    .catch((error: { $metadata: { requestId: string } }) => error)
  expect(emulator.deps.decisions.find(String(refused.$metadata.requestId))?.end?.refusal?.code).toBe(
    'InvalidSignatureException',
  )
})

function keyOf(credentials?: { AccessKeyId?: string; SecretAccessKey?: string; SessionToken?: string }) {
  const { AccessKeyId = '', SecretAccessKey = '', SessionToken = '' } = credentials ?? {}
  return { accessKeyId: AccessKeyId, secretAccessKey: SecretAccessKey, sessionToken: SessionToken } satisfies Key
}
