import { DescribeRepositoriesCommand } from '@aws-sdk/client-ecr'
import {
  AssumeRoleCommand,
  AssumeRoleWithWebIdentityCommand,
  type AssumeRoleWithWebIdentityCommandInput,
  GetCallerIdentityCommand,
  STSClient,
} from '@aws-sdk/client-sts'
import { rm, writeFile } from 'node:fs/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Accounts, ConfiguredRole } from '../../../src/access/credentials.js'
import { explainedRequest } from '../../../src/access/explain/explained-request.js'
import { account, startEmulator } from '../../support/emulator.js'
import { identityProvider, type IdentityProvider } from '../../support/identity-provider.js'
import type { Key } from '../../support/query-call.js'

const host = 'token.actions.githubusercontent.com'
const Federated = `arn:aws:iam::${account}:oidc-provider/${host}`
const policy = (...Statement: object[]) => ({ Version: '2012-10-17', Statement })
const trust = (Condition?: object, Action: string | string[] = 'sts:AssumeRoleWithWebIdentity') =>
  policy({ Effect: 'Allow', Principal: { Federated }, Action, ...(Condition && { Condition }) })
const reading = ['AmazonEC2ContainerRegistryReadOnly']
const everything = ['sts:AssumeRoleWithWebIdentity', 'sts:TagSession', 'sts:SetSourceIdentity']
const onlyFor = (key: string, value: string) =>
  policy({ Effect: 'Allow', Action: 'ecr:*', Resource: '*', Condition: { StringEquals: { [key]: value } } })

const roles: Record<string, ConfiguredRole> = {
  ci: {
    trustPolicy: trust({
      StringEquals: { [`${host}:aud`]: 'sts.amazonaws.com' },
      StringLike: { [`${host}:sub`]: 'repo:team/app:*' },
    }),
    policies: reading,
  },
  open: { trustPolicy: trust(), policies: reading, maxSessionDurationSeconds: 7200 },
  mfa: { trustPolicy: trust({ 'ForAnyValue:StringEquals': { [`${host}:amr`]: 'mfa' } }) },
  'by-repository': { trustPolicy: trust({ StringEquals: { [`${host}:repository`]: 'team/app' } }) },
  'by-provider': { trustPolicy: trust({ ArnEquals: { 'aws:FederatedProvider': Federated } }) },
  'with-provider': {
    trustPolicy: trust(),
    policies: [onlyFor('aws:FederatedProvider', Federated)],
  },
  'by-audience': {
    trustPolicy: trust({ StringEquals: { [`${host}:aud`]: 'sts.amazonaws.com', [`${host}:oaud`]: 'the site' } }),
  },
  'by-name': { trustPolicy: trust({ StringEquals: { 'sts:RoleSessionName': 'run-7' } }) },
  tagged: { trustPolicy: trust(undefined, everything), policies: [onlyFor('aws:PrincipalTag/team', 'platform')] },
  traced: { trustPolicy: trust(undefined, everything), policies: [onlyFor('aws:SourceIdentity', 'alice')] },
  next: {
    trustPolicy: policy({
      Effect: 'Allow',
      Principal: { AWS: `arn:aws:iam::${account}:role/traced` },
      Action: ['sts:AssumeRole', 'sts:SetSourceIdentity'],
    }),
    policies: [onlyFor('aws:SourceIdentity', 'alice')],
  },
  everyone: { trustPolicy: policy({ Effect: 'Allow', Principal: '*', Action: 'sts:AssumeRoleWithWebIdentity' }) },
  'for-users': { trustPolicy: policy({ Effect: 'Allow', Principal: { AWS: account }, Action: 'sts:*' }) },
  'other-provider': {
    trustPolicy: policy({
      Effect: 'Allow',
      Principal: { Federated: `arn:aws:iam::${account}:oidc-provider/elsewhere.example.com` },
      Action: 'sts:AssumeRoleWithWebIdentity',
    }),
  },
  denied: { trustPolicy: policy(...trust().Statement, { ...trust().Statement[0], Effect: 'Deny' }) },
}
const accountsOf = ({ jwksFile }: IdentityProvider): Accounts => ({
  [account]: {
    users: { developer: { accessKeys: { AKIDEXAMPLE: 'secret' } } },
    roles,
    oidcProviders: { [host]: { clientIds: ['sts.amazonaws.com', 'another'], jwksFile } },
  },
  '210987654321': { roles: { ci: { trustPolicy: trust() } } },
})

const arnOf = (role: string, ofAccount = account) => `arn:aws:iam::${ofAccount}:role/${role}`
const stsOf = (endpoint: string, credentials?: Key) =>
  new STSClient({ endpoint, region: 'us-east-1', maxAttempts: 1, ...(credentials && { credentials }) })

describe('STS AssumeRoleWithWebIdentity', () => {
  let emulator: Awaited<ReturnType<typeof startEmulator>>
  let provider: IdentityProvider
  beforeAll(async () => {
    provider = await identityProvider()
    emulator = await startEmulator({ accounts: accountsOf(provider) })
  })
  afterAll(async () => {
    await emulator[Symbol.asyncDispose]()
    await provider[Symbol.asyncDispose]()
  })

  /** Sends the call without credentials, so that nothing can be signed. */
  const assume = async (
    role: string,
    { token, ...more }: { token?: string } & Partial<AssumeRoleWithWebIdentityCommandInput> = {},
  ) =>
    stsOf(emulator.endpoint).send(
      new AssumeRoleWithWebIdentityCommand({
        RoleArn: arnOf(role),
        RoleSessionName: 'run-1',
        WebIdentityToken: token ?? (await provider.token()),
        ...more,
      }),
    )
  const keyOf = ({ Credentials }: Awaited<ReturnType<typeof assume>>): Key => {
    const { AccessKeyId = '', SecretAccessKey = '', SessionToken = '' } = Credentials ?? {}
    return { accessKeyId: AccessKeyId, secretAccessKey: SecretAccessKey, sessionToken: SessionToken }
  }
  const refusalOf = (refused: Promise<unknown>) =>
    refused.then(
      () => 'accepted',
      (error: { name: string; message: string; $metadata: { httpStatusCode: number } }) => [
        error.name,
        error.$metadata.httpStatusCode,
        error.message,
      ],
    )
  const denied = (action = 'sts:AssumeRoleWithWebIdentity') => [
    'AccessDenied',
    403,
    `Not authorized to perform ${action}`,
  ]

  it('A token of a configured provider is exchanged for credentials of the role, without a signature', async () => {
    const answer = await assume('ci')
    expect(answer).toMatchObject({
      SubjectFromWebIdentityToken: 'repo:team/app:ref:refs/heads/main',
      AssumedRoleUser: { Arn: `arn:aws:sts::${account}:assumed-role/ci/run-1` },
      Provider: Federated,
      Audience: 'sts.amazonaws.com',
    })
    const identity = await stsOf(emulator.endpoint, keyOf(answer)).send(new GetCallerIdentityCommand({}))
    expect(identity.Arn).toBe(`arn:aws:sts::${account}:assumed-role/ci/run-1`)
    const ecr = emulator.clientWith(keyOf(answer))
    expect((await ecr.send(new DescribeRepositoriesCommand({}))).repositories).toEqual([])
  })

  it.each(['RS512', 'ES256', 'ES384'])('A token signed with %s is accepted', async (algorithm) => {
    await using other = await identityProvider({ algorithm })
    await using its = await startEmulator({ accounts: accountsOf(other) })
    const call = { RoleArn: arnOf('ci'), RoleSessionName: 'run-1', WebIdentityToken: await other.token() }
    const answer = await stsOf(its.endpoint).send(new AssumeRoleWithWebIdentityCommand(call))
    expect(answer.Audience).toBe('sts.amazonaws.com')
  })

  it.each([
    ['mfa', { amr: ['pwd', 'mfa'] }],
    ['by-repository', { repository: 'team/app' }],
    ['by-provider', {}],
    ['by-audience', { aud: 'the site', azp: 'sts.amazonaws.com' }],
    ['everyone', {}],
  ])('The trust policy of role %s allows a token with the claims %j', async (role, claims) => {
    const answer = await assume(role, { token: await provider.token(claims) })
    expect(answer.AssumedRoleUser?.Arn).toContain(`:assumed-role/${role}/`)
  })

  it.each([
    ['ci', { sub: 'repo:other/app:ref:refs/heads/main' }],
    ['ci', { aud: 'another' }],
    ['mfa', { amr: ['pwd'] }],
    ['mfa', {}],
    ['by-repository', { repository: 'other/app' }],
    ['by-name', {}],
    ['for-users', {}],
    ['other-provider', {}],
    ['denied', {}],
    ['missing', {}],
  ])('The trust policy of role %s does not allow a token with the claims %j', async (role, claims) => {
    expect(await refusalOf(assume(role, { token: await provider.token(claims) }))).toEqual(denied())
  })

  it('The name of the session is a condition of the trust policy', async () => {
    expect((await assume('by-name', { RoleSessionName: 'run-7' })).AssumedRoleUser?.Arn).toContain('/run-7')
  })

  it('A refusal by the trust policy is explained with the claims', async () => {
    const token = await provider.token({ sub: 'repo:other/app:pull_request' })
    const error = await assume('ci', { token }).catch((thrown: unknown) => thrown)
    const { requestId = '' } = (error as { $metadata: { requestId?: string } }).$metadata
    const explained = JSON.stringify(explainedRequest(emulator.deps.decisions.find(requestId)!))
    expect(explained).toContain(`${host}:sub: repo:other/app:pull_request is not`)
    expect(explained).toContain(`{"Federated":"${Federated}"}`)
  })

  it('A role of another account needs a provider in that account', async () => {
    expect(await refusalOf(assume('ci', { RoleArn: arnOf('ci', '210987654321') }))).toEqual([
      'InvalidIdentityTokenException',
      400,
      `No OpenIDConnect provider found in your account for https://${host}`,
    ])
  })

  const notAJwt = 'The ID Token provided is not a valid JWT. (You may see this error if you sent an Access Token)'
  const unverifiable =
    'The web identity token that was passed could not be validated by Amazon Web Services. Get a new identity token from the identity provider and then retry the request.'
  const noKey =
    "Couldn't retrieve verification key from your identity provider,  please reference AssumeRoleWithWebIdentity documentation for requirements"
  it.each<[string, () => Promise<string> | string, string]>([
    ['no token', () => 'not-a-token', notAJwt],
    ['an unsigned token', () => 'eyJhbGciOiJub25lIn0.eyJzdWIiOiJyZXBvOm8vciJ9.', 'Missing a required claim: iss'],
    [
      'an unsigned token of the issuer',
      () => `eyJhbGciOiJub25lIn0.${Buffer.from(JSON.stringify({ iss: `https://${host}` })).toString('base64url')}.`,
      notAJwt,
    ],
    ['a wrong signature', () => provider.token({}, { signature: 'AAAA' }), unverifiable],
    ['an unknown key', () => provider.token({}, { kid: 'gone' }), noKey],
    ['a token that is not valid yet', () => provider.token({ nbf: Date.now() / 1000 + 3600 }), unverifiable],
    ['another audience', () => provider.token({ aud: 'sigstore' }), 'Incorrect token audience'],
    ['another authorized party', () => provider.token({ azp: 'someone' }), 'Incorrect token audience'],
    ['no audience', () => provider.token({ aud: undefined }), 'Missing a required claim: aud'],
    ['no subject', () => provider.token({ sub: undefined }), 'Missing a required claim: sub'],
    ['no expiry', () => provider.token({ exp: undefined }), 'Missing a required claim: exp'],
    [
      'an unknown issuer',
      () => provider.token({ iss: 'https://elsewhere.example.com' }),
      'No OpenIDConnect provider found in your account for https://elsewhere.example.com',
    ],
    [
      'the issuer without https',
      () => provider.token({ iss: `http://${host}` }),
      `No OpenIDConnect provider found in your account for http://${host}`,
    ],
  ])('A call with %s is refused as InvalidIdentityToken', async (_, token, message) => {
    expect(await refusalOf(assume('ci', { token: await token() }))).toEqual([
      'InvalidIdentityTokenException',
      400,
      message,
    ])
  })

  it('An expired token is refused as ExpiredTokenException with both times', async () => {
    const [name, status, message] = await refusalOf(
      assume('ci', { token: await provider.token({}, { livesSeconds: -5 }) }),
    )
    expect([name, status]).toEqual(['ExpiredTokenException', 400])
    expect(message).toMatch(
      /^Token expired: current date\/time \d{10} must be before the expiration date\/time \d{10}$/,
    )
  })

  it('Keys that were rotated in the file are used at once', async () => {
    const before = await provider.token()
    await provider.rotate()
    expect(await refusalOf(assume('ci', { token: before }))).toEqual(['InvalidIdentityTokenException', 400, noKey])
    expect((await assume('ci')).Audience).toBe('sts.amazonaws.com')
  })

  it.each([
    ['cannot be read', (file: string) => rm(file)],
    ['is no key set', (file: string) => writeFile(file, '{"keys":[1]}')],
  ])('If the file of the keys %s the call is refused as IDPCommunicationError', async (_, breakFile) => {
    await using other = await identityProvider()
    await using its = await startEmulator({ accounts: accountsOf(other) })
    const call = { RoleArn: arnOf('ci'), RoleSessionName: 'run-1', WebIdentityToken: await other.token() }
    await breakFile(other.jwksFile)
    const [name, status, message] = await refusalOf(
      stsOf(its.endpoint).send(new AssumeRoleWithWebIdentityCommand(call)),
    )
    expect([name, status]).toEqual(['IDPCommunicationErrorException', 400])
    expect(message).toMatch(/^The request could not be fulfilled because the identity provider \(IDP\)/)
  })

  it('A session lasts an hour, or as long as asked up to the maximum of the role', async () => {
    const seconds = async (DurationSeconds?: number) =>
      ((await assume('open', { DurationSeconds })).Credentials!.Expiration!.getTime() -
        Date.parse('2026-01-02T03:04:05Z')) /
      1000
    expect([await seconds(), await seconds(7200)]).toEqual([3600, 7200])
    expect(await refusalOf(assume('open', { DurationSeconds: 7201 }))).toEqual([
      'ValidationError',
      400,
      'The requested DurationSeconds exceeds the MaxSessionDuration set for this role.',
    ])
  })

  it.each([
    [
      'nested',
      { 'https://aws.amazon.com/tags': { principal_tags: { team: ['platform'] }, transitive_tag_keys: ['team'] } },
    ],
    [
      'flat',
      {
        'https://aws.amazon.com/tags/principal_tags/team': 'platform',
        'https://aws.amazon.com/tags/transitive_tag_keys': ['team'],
      },
    ],
  ])('Tags in %s claims are tags of the session', async (_, claims) => {
    const answer = await assume('tagged', { token: await provider.token(claims) })
    expect(answer.PackedPolicySize).toBeGreaterThan(0)
    const ecr = emulator.clientWith(keyOf(answer))
    expect((await ecr.send(new DescribeRepositoriesCommand({}))).repositories).toEqual([])
    const untagged = emulator.clientWith(keyOf(await assume('tagged')))
    await expect(untagged.send(new DescribeRepositoriesCommand({}))).rejects.toThrow('is not authorized')
  })

  it('Tags need the permission sts:TagSession, and a source identity needs sts:SetSourceIdentity', async () => {
    const tags = { 'https://aws.amazon.com/tags': { principal_tags: { team: ['platform'] } } }
    const source = { 'https://aws.amazon.com/source_identity': 'alice' }
    expect(await refusalOf(assume('open', { token: await provider.token(tags) }))).toEqual(denied('sts:TagSession'))
    expect(await refusalOf(assume('open', { token: await provider.token(source) }))).toEqual(
      denied('sts:SetSourceIdentity'),
    )
  })

  it('The source identity of a token is that of the session and of the sessions that it begins', async () => {
    const token = await provider.token({ 'https://aws.amazon.com/source_identity': 'alice' })
    const first = await assume('traced', { token })
    expect(first.SourceIdentity).toBe('alice')
    const chained = stsOf(emulator.endpoint, keyOf(first))
    const call = { RoleArn: arnOf('next'), RoleSessionName: 'next' }
    const second = await chained.send(new AssumeRoleCommand(call))
    expect(second.SourceIdentity).toBe('alice')
    const ecr = emulator.clientWith(keyOf(second))
    expect((await ecr.send(new DescribeRepositoriesCommand({}))).repositories).toEqual([])
    expect(await refusalOf(chained.send(new AssumeRoleCommand({ ...call, SourceIdentity: 'bob' })))).toEqual([
      'AccessDenied',
      403,
      `User: arn:aws:sts::${account}:assumed-role/traced/run-1 is not authorized to perform: sts:SetSourceIdentity on resource: ${arnOf('next')}`,
    ])
  })

  it.each([
    [{ RoleArn: 'arn:aws:iam::123456789012:user/ci' }, 'ValidationError', 'Request ARN is invalid'],
    [
      { WebIdentityToken: 'abc' },
      'ValidationError',
      "1 validation error detected: Value 'abc' at 'webIdentityToken' failed to satisfy constraint: Member must have length greater than or equal to 4",
    ],
    [
      { RoleSessionName: 'a b' },
      'ValidationError',
      "1 validation error detected: Value 'a b' at 'roleSessionName' failed to satisfy constraint: Member must satisfy regular expression pattern: [\\w+=,.@-]*",
    ],
    [{ Policy: '{' }, 'MalformedPolicyDocumentException', 'This policy contains invalid Json'],
  ])('The input %j is refused as %s', async (input, name, message) => {
    expect(await refusalOf(assume('ci', input))).toEqual([name, 400, message])
  })

  it('The provider is a condition key of what the session does', async () => {
    const ecr = emulator.clientWith(keyOf(await assume('with-provider')))
    expect((await ecr.send(new DescribeRepositoriesCommand({}))).repositories).toEqual([])
  })

  it('A session policy restricts the session', async () => {
    const Policy = JSON.stringify(policy({ Effect: 'Allow', Action: 'ecr:GetAuthorizationToken', Resource: '*' }))
    const ecr = emulator.clientWith(keyOf(await assume('ci', { Policy })))
    await expect(ecr.send(new DescribeRepositoriesCommand({}))).rejects.toThrow('because no session policy allows')
  })

  it('Operations that need a signature still do', async () => {
    const body = new URLSearchParams({ Action: 'AssumeRole', Version: '2011-06-15' })
    expect(await (await fetch(emulator.endpoint, { method: 'POST', body })).text()).toContain(
      'MissingAuthenticationToken',
    )
  })
})
