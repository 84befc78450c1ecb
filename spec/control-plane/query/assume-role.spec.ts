import { CreateRepositoryCommand, DescribeRepositoriesCommand, GetAuthorizationTokenCommand } from '@aws-sdk/client-ecr'
import {
  AssumeRoleCommand,
  type AssumeRoleCommandInput,
  type AssumeRoleCommandOutput,
  GetCallerIdentityCommand,
  GetSessionTokenCommand,
  STSClient,
} from '@aws-sdk/client-sts'
import { describe, expect, it } from 'vitest'
import type { ConfiguredRole } from '../../../src/access/credentials.js'
import { explainedRequest } from '../../../src/access/explain/explained-request.js'
import { type EmulatorOptions, startEmulator } from '../../support/emulator.js'
import type { Key } from '../../support/query-call.js'
import { startRegistry } from '../../support/registry.js'

const [ours, theirs] = ['123456789012', '210987654321']
const developer = `arn:aws:iam::${ours}:user/developer`
const roleArn = (name: string, account = ours) => `arn:aws:iam::${account}:role/${name}`
const policy = (...Statement: object[]) => ({ Version: '2012-10-17', Statement })
const allow = (Action: string | string[], more: object = {}) => ({ Effect: 'Allow', Action, Resource: '*', ...more })
const trust = (AWS: string, more: object = {}, Action: string | string[] = 'sts:AssumeRole') =>
  policy({ Effect: 'Allow', Principal: { AWS }, Action, ...more })

const reading = ['AmazonEC2ContainerRegistryReadOnly']
const everything = [policy(allow('ecr:*'))]
const tagging = ['sts:AssumeRole', 'sts:TagSession']
const onlyFor = (team: string) =>
  policy(allow('ecr:*', { Condition: { StringEquals: { 'aws:PrincipalTag/team': team } } }))

const roles: Record<string, ConfiguredRole> = {
  reader: { trustPolicy: trust(developer), policies: reading },
  delegated: { trustPolicy: trust(ours), policies: everything },
  'for-others': { trustPolicy: trust(roleArn('reader')), policies: reading },
  'by-path': { trustPolicy: trust(developer), policies: reading, path: '/build/' },
  long: { trustPolicy: trust(developer), policies: reading, maxSessionDurationSeconds: 43_200 },
  chained: {
    trustPolicy: trust(roleArn('tagged'), {}, tagging),
    policies: [onlyFor('another')],
    maxSessionDurationSeconds: 43_200,
  },
  tagged: { trustPolicy: trust(developer, {}, tagging), policies: [onlyFor('a')], tags: { team: 'b' } },
  'with-id': {
    trustPolicy: trust(developer, { Condition: { StringEquals: { 'sts:ExternalId': 'the-id' } } }),
  },
  'own-name': {
    trustPolicy: trust(developer, { Condition: { StringLike: { 'sts:RoleSessionName': '${aws:username}' } } }),
  },
  denied: { trustPolicy: policy(...trust(ours).Statement, { ...trust(developer).Statement[0], Effect: 'Deny' }) },
}
const accounts: NonNullable<EmulatorOptions['accounts']> = {
  [ours]: {
    users: {
      developer: { accessKeys: { AKIDEXAMPLE: 'secret' }, policies: [policy(allow('sts:*'))] },
      nobody: { accessKeys: { AKIDNOBODY: 'secret' } },
    },
    roles,
  },
  [theirs]: {
    users: { guest: { accessKeys: { AKIDGUEST: 'secret' }, policies: [policy(allow('sts:AssumeRole'))] } },
    roles: {
      open: { trustPolicy: trust(ours), policies: everything },
      closed: { trustPolicy: trust(theirs), policies: everything },
    },
  },
}

type Emulator = Awaited<ReturnType<typeof startEmulator>>
const start = () => startEmulator({ accounts })
const developerKey: Key = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'secret' }

const stsOf = ({ endpoint }: Emulator, credentials: Key = developerKey) =>
  new STSClient({ endpoint, region: 'us-east-1', credentials, maxAttempts: 1 })

const assume = (emulator: Emulator, role: string, more: Partial<AssumeRoleCommandInput> = {}, key?: Key) =>
  stsOf(emulator, key).send(new AssumeRoleCommand({ RoleArn: roleArn(role), RoleSessionName: 'session', ...more }))

function keyOf({ Credentials }: Pick<AssumeRoleCommandOutput, 'Credentials'>): Key {
  const { AccessKeyId = '', SecretAccessKey = '', SessionToken = '' } = Credentials ?? {}
  return { accessKeyId: AccessKeyId, secretAccessKey: SecretAccessKey, sessionToken: SessionToken }
}

const describeAs = (emulator: Emulator, assumed: AssumeRoleCommandOutput) =>
  emulator.clientWith(keyOf(assumed)).send(new DescribeRepositoriesCommand({}))
const createAs = (emulator: Emulator, assumed: AssumeRoleCommandOutput) =>
  emulator.clientWith(keyOf(assumed)).send(new CreateRepositoryCommand({ repositoryName: 'app' }))

const denial = (arn: string, role: string, action = 'sts:AssumeRole') => ({
  name: 'AccessDenied',
  message: `User: ${arn} is not authorized to perform: ${action} on resource: ${role}`,
  $metadata: { httpStatusCode: 403 },
})
const invalid = (message: string) => ({ name: 'ValidationError', message, $metadata: { httpStatusCode: 400 } })

describe('STS AssumeRole', () => {
  it('AssumeRole returns credentials for an hour under the name of the session', async () => {
    await using emulator = await start()
    const assumed = await assume(emulator, 'reader', { RoleSessionName: 'ci@build-7' })
    expect(assumed.Credentials?.AccessKeyId).toMatch(/^ASIA/)
    expect(assumed.Credentials?.Expiration).toEqual(new Date('2026-01-02T04:04:05Z'))
    expect(assumed.AssumedRoleUser?.Arn).toBe(`arn:aws:sts::${ours}:assumed-role/reader/ci@build-7`)
    expect(assumed.AssumedRoleUser?.AssumedRoleId).toMatch(/^AROA[A-Z2-7]{17}:ci@build-7$/)
    expect(assumed.PackedPolicySize).toBeUndefined()

    expect(await stsOf(emulator, keyOf(assumed)).send(new GetCallerIdentityCommand({}))).toMatchObject({
      Arn: assumed.AssumedRoleUser?.Arn,
      UserId: assumed.AssumedRoleUser?.AssumedRoleId,
      Account: ours,
    })
  })

  it('AssumeRole gives the permissions of the role and none of the user', async () => {
    await using emulator = await start()
    const assumed = await assume(emulator, 'reader')
    await describeAs(emulator, assumed)
    await expect(createAs(emulator, assumed)).rejects.toThrow(
      `User: arn:aws:sts::${ours}:assumed-role/reader/session is not authorized to perform: ecr:CreateRepository on resource: arn:aws:ecr:us-east-1:${ours}:repository/app because no identity-based policy allows the ecr:CreateRepository action`,
    )
  })

  it('AssumeRole requires the path in the role ARN and omits it from the session ARN', async () => {
    await using emulator = await start()
    const { AssumedRoleUser } = await assume(emulator, 'build/by-path')
    expect(AssumedRoleUser?.Arn).toBe(`arn:aws:sts::${ours}:assumed-role/by-path/session`)
    await expect(assume(emulator, 'by-path')).rejects.toMatchObject(denial(developer, roleArn('by-path')))
  })

  it('A trust policy that names an account leaves the decision to the policies of that account', async () => {
    await using emulator = await start()
    await assume(emulator, 'delegated')
    const nobody = { accessKeyId: 'AKIDNOBODY', secretAccessKey: 'secret' }
    await expect(assume(emulator, 'delegated', {}, nobody)).rejects.toMatchObject(
      denial(`arn:aws:iam::${ours}:user/nobody`, roleArn('delegated')),
    )
  })

  it('AssumeRole across accounts needs the permission of both accounts', async () => {
    await using emulator = await start()
    const { AssumedRoleUser } = await assume(emulator, '', { RoleArn: roleArn('open', theirs) })
    expect(AssumedRoleUser?.Arn).toBe(`arn:aws:sts::${theirs}:assumed-role/open/session`)
    const [closed, guest] = [roleArn('closed', theirs), { accessKeyId: 'AKIDGUEST', secretAccessKey: 'secret' }]
    await expect(assume(emulator, '', { RoleArn: closed })).rejects.toMatchObject(denial(developer, closed))
    await expect(assume(emulator, 'delegated', {}, guest)).rejects.toMatchObject(
      denial(`arn:aws:iam::${theirs}:user/guest`, roleArn('delegated')),
    )
  })

  it.each(['for-others', 'denied', 'missing'])('AssumeRole refuses role %s and gives no reason', async (role) => {
    await using emulator = await start()
    await expect(assume(emulator, role)).rejects.toMatchObject(denial(developer, roleArn(role)))
  })

  it('AssumeRole refuses a call without the external id that the trust policy requires', async () => {
    await using emulator = await start()
    await assume(emulator, 'with-id', { ExternalId: 'the-id' })
    await expect(assume(emulator, 'with-id', { ExternalId: 'another' })).rejects.toMatchObject({ name: 'AccessDenied' })
    await expect(assume(emulator, 'with-id')).rejects.toMatchObject(denial(developer, roleArn('with-id')))
  })

  it('AssumeRole refuses a session name that the trust policy does not allow', async () => {
    await using emulator = await start()
    await assume(emulator, 'own-name', { RoleSessionName: 'developer' })
    await expect(assume(emulator, 'own-name')).rejects.toMatchObject(denial(developer, roleArn('own-name')))
  })

  it('The explanation of a refused AssumeRole names a role that does not exist', async () => {
    await using emulator = await start()
    const told = async (role: string) => {
      const { $metadata } = (await assume(emulator, role).catch((error: unknown) => error)) as AssumeRoleCommandOutput
      const { decisions } = explainedRequest(emulator.deps.decisions.find($metadata.requestId ?? '')!)
      expect(decisions).toMatchObject([{ action: 'sts:AssumeRole', resource: roleArn(role), allowed: false }])
      return decisions[0]?.wouldChange
    }
    const sentence = `There is no role ${roleArn('missing')}: define it in the configuration`
    expect((await told('missing'))?.[0]).toBe(sentence)
    expect((await told('for-others'))?.join()).not.toContain('There is no role')
  })

  it('The decision on AssumeRole is recorded for explanations', async () => {
    await using emulator = await start()
    const { $metadata } = await assume(emulator, 'reader')
    const remembered = emulator.deps.decisions.find($metadata.requestId ?? '')
    expect(remembered?.end?.operation).toBe('AssumeRole')
    expect(remembered?.decisions.map(({ question, decision }) => [question.action, decision.allowed])).toEqual([
      ['sts:AssumeRole', true],
    ])
  })
})

describe('session duration', () => {
  it('A session lasts as long as requested, up to the maximum session duration of the role', async () => {
    await using emulator = await start()
    const { Credentials } = await assume(emulator, 'long', { DurationSeconds: 43_200 })
    expect(Credentials?.Expiration).toEqual(new Date('2026-01-02T15:04:05Z'))
    await expect(assume(emulator, 'reader', { DurationSeconds: 3601 })).rejects.toMatchObject(
      invalid('The requested DurationSeconds exceeds the MaxSessionDuration set for this role.'),
    )
  })

  it('A session that is assumed from another session lasts an hour at most', async () => {
    await using emulator = await start()
    const session = keyOf(await stsOf(emulator).send(new GetSessionTokenCommand({})))
    await assume(emulator, 'long', { DurationSeconds: 3600 }, session)
    await expect(assume(emulator, 'long', { DurationSeconds: 3601 }, session)).rejects.toMatchObject(
      invalid('The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining.'),
    )
  })
})

describe('session policies', () => {
  it('A session policy restricts the permissions of the session', async () => {
    await using emulator = await start()
    const Policy = JSON.stringify(policy(allow('ecr:Describe*')))
    const assumed = await assume(emulator, 'delegated', { Policy })
    expect(assumed.PackedPolicySize).toBeGreaterThan(0)
    await describeAs(emulator, assumed)
    await expect(createAs(emulator, assumed)).rejects.toThrow(
      'because no session policy allows the ecr:CreateRepository action',
    )
  })

  it('Managed session policies add up with the inline session policy', async () => {
    await using emulator = await start()
    const PolicyArns = [{ arn: 'arn:aws:iam::aws:policy/AmazonEC2ContainerRegistryReadOnly' }]
    const reader = await assume(emulator, 'delegated', { PolicyArns })
    await describeAs(emulator, reader)
    await expect(createAs(emulator, reader)).rejects.toThrow('because no session policy allows')
    const Policy = JSON.stringify(policy(allow('ecr:CreateRepository')))
    await createAs(emulator, await assume(emulator, 'delegated', { PolicyArns, Policy }))
  })

  it.each([
    ['{', 'This policy contains invalid Json'],
    [
      '{"Version":"2012-10-17","Statement":{"Effect":"Permit","Action":"*","Resource":"*"}}',
      'Syntax errors in policy.',
    ],
  ])('A malformed session policy is refused: %s', async (Policy, message) => {
    await using emulator = await start()
    await expect(assume(emulator, 'reader', { Policy })).rejects.toMatchObject({
      ...{ name: 'MalformedPolicyDocumentException', message, $metadata: { httpStatusCode: 400 } },
    })
  })

  it('A managed session policy that does not exist is refused', async () => {
    await using emulator = await start()
    const arn = 'arn:aws:iam::aws:policy/AdministratorAccess'
    await expect(assume(emulator, 'reader', { PolicyArns: [{ arn }] })).rejects.toMatchObject(
      invalid(`Policy ${arn} does not exist or is not attachable.`),
    )
  })
})

describe('session tags', () => {
  const Tags = [{ Key: 'Team', Value: 'a' }]

  it('A session tag overrides the tag of the role with the same key', async () => {
    await using emulator = await start()
    const assumed = await assume(emulator, 'tagged', { Tags })
    expect(assumed.PackedPolicySize).toBeGreaterThan(0)
    await createAs(emulator, assumed)
    await expect(createAs(emulator, await assume(emulator, 'tagged'))).rejects.toThrow('no identity-based policy')
  })

  it('Session tags need the permission sts:TagSession', async () => {
    await using emulator = await start()
    await expect(assume(emulator, 'reader', { Tags })).rejects.toMatchObject(
      denial(developer, roleArn('reader'), 'sts:TagSession'),
    )
  })

  it('Transitive session tags are passed on to the next role and cannot be changed there', async () => {
    await using emulator = await start()
    const tags = [...Tags, { Key: 'cost', Value: '7' }]
    const assumed = keyOf(await assume(emulator, 'tagged', { Tags: tags, TransitiveTagKeys: ['team'] }))
    const next = await assume(emulator, 'chained', {}, assumed)
    await expect(describeAs(emulator, next)).rejects.toThrow(`assumed-role/chained/session`)
    const { decisions } = emulator.deps
    const [refused] = decisions.latestRefused(1)
    expect(refused?.decisions[0]?.question.conditions).toMatchObject({ 'aws:principaltag/team': 'a' })
    expect(refused?.decisions[0]?.question.conditions).not.toHaveProperty('aws:principaltag/cost')
    await expect(assume(emulator, 'chained', { Tags: [{ Key: 'TEAM', Value: 'b' }] }, assumed)).rejects.toMatchObject({
      name: 'InvalidParameterValue',
      message:
        "One of the specified transitive tag keys can't be set because it conflicts with a transitive tag key from the calling session.",
    })
  })

  it.each([
    [
      { Tags: [...Tags, { Key: 'team', Value: 'b' }] },
      'Duplicate tag keys found. Please note that Tag keys are case insensitive.',
    ],
    [{ Tags, TransitiveTagKeys: ['cost'] }, 'The specified transitive tag key must be included in the requested tags.'],
  ])('Contradictory session tags are refused: %j', async (more, message) => {
    await using emulator = await start()
    await expect(assume(emulator, 'tagged', more)).rejects.toMatchObject({ name: 'InvalidParameterValue', message })
  })

  it('Session tags that exceed the packed policy size are refused', async () => {
    await using emulator = await start()
    const many = Array.from({ length: 50 }, (_, index) => ({ Key: `key-${index}`, Value: 'v'.repeat(256) }))
    await expect(assume(emulator, 'tagged', { Tags: many })).rejects.toMatchObject({
      name: 'PackedPolicyTooLargeException',
      message: expect.stringMatching(/^Packed policy consumes \d{3}% of allotted space, please use smaller policy\.$/),
    })
  })

  const longTags = (count: number) =>
    Array.from({ length: count }, (_, index) => ({ Key: `${index}-${'ü'.repeat(125)}`, Value: 'v' }))
  const keysOf = (tags: { Key: string }[]) => tags.map(({ Key }) => Key)

  it.each([
    ['many tags', { Tags: [...longTags(24), ...Tags] }],
    ['many transitive tags', { Tags: [...longTags(12), ...Tags], TransitiveTagKeys: keysOf(longTags(12)) }],
  ])('Credentials and a login with the largest session tags fit into request headers: %s', async (_, more) => {
    await using emulator = await start()
    await using registry = await startRegistry({ accounts, store: emulator.deps.store })
    const assumed = await assume(emulator, 'tagged', more)
    expect(assumed.PackedPolicySize).toBeGreaterThan(90)
    await createAs(emulator, assumed)
    const login = await emulator.clientWith(keyOf(assumed)).send(new GetAuthorizationTokenCommand({}))
    const { authorizationToken } = login.authorizationData?.[0] ?? {}
    const { status } = await registry.send('GET', '/v2/', { headers: { authorization: `Basic ${authorizationToken}` } })
    expect(status).toBe(200)
  })

  it('Transitive tag keys count towards the packed policy size, each key once', async () => {
    await using emulator = await start()
    const [tags, more] = [longTags(22), { Tags: longTags(2) }]
    await expect(assume(emulator, 'tagged', { Tags: tags, TransitiveTagKeys: keysOf(tags) })).rejects.toMatchObject({
      name: 'PackedPolicyTooLargeException',
    })
    const keys = keysOf(more.Tags)
    const once = await assume(emulator, 'tagged', { ...more, TransitiveTagKeys: keys })
    const often = [...keys, ...Array.from({ length: 48 }, () => keys[0]!.toUpperCase())]
    const repeated = await assume(emulator, 'tagged', { ...more, TransitiveTagKeys: often })
    expect(once.PackedPolicySize).toBeGreaterThan(0)
    expect(repeated.PackedPolicySize).toBe(once.PackedPolicySize)
  })
})

describe('members of AssumeRole', () => {
  it.each([
    [{ RoleArn: 'arn:aws:iam::123456789012:user/developer' }, 'Request ARN is invalid'],
    [
      { RoleArn: 'reader' },
      "1 validation error detected: Value 'reader' at 'roleArn' failed to satisfy constraint: Member must have length greater than or equal to 20",
    ],
    [
      { RoleSessionName: 'a b' },
      "1 validation error detected: Value 'a b' at 'roleSessionName' failed to satisfy constraint: Member must satisfy regular expression pattern: [\\w+=,.@-]*",
    ],
    [
      { RoleSessionName: 'a', DurationSeconds: 43_201 },
      "2 validation errors detected: Value 'a' at 'roleSessionName' failed to satisfy constraint: Member must have length greater than or equal to 2; Value '43201' at 'durationSeconds' failed to satisfy constraint: Member must have value less than or equal to 43200",
    ],
    [
      { RoleSessionName: undefined },
      "1 validation error detected: Value null at 'roleSessionName' failed to satisfy constraint: Member must not be null",
    ],
    [
      { Tags: [{ Key: 'k'.repeat(129), Value: '' }] },
      `1 validation error detected: Value '${'k'.repeat(129)}' at 'tags.1.member.key' failed to satisfy constraint: Member must have length less than or equal to 128`,
    ],
  ])('AssumeRole refuses the invalid members %j', async (more, message) => {
    await using emulator = await start()
    await expect(assume(emulator, 'reader', more as Partial<AssumeRoleCommandInput>)).rejects.toMatchObject(
      invalid(message),
    )
  })
})
