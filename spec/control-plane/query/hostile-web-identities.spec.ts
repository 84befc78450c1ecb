import { AssumeRoleWithWebIdentityCommand, STSClient } from '@aws-sdk/client-sts'
import { readFile, writeFile } from 'node:fs/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Accounts } from '../../../src/access/credentials.js'
import { account, startEmulator } from '../../support/emulator.js'
import { identityProvider, type IdentityProvider } from '../../support/identity-provider.js'

const host = 'token.actions.githubusercontent.com'
const trust = (Condition?: object) => ({
  Version: '2012-10-17',
  Statement: [
    {
      Effect: 'Allow',
      Principal: { Federated: `arn:aws:iam::${account}:oidc-provider/${host}` },
      Action: ['sts:AssumeRoleWithWebIdentity', 'sts:TagSession', 'sts:SetSourceIdentity'],
      ...(Condition && { Condition }),
    },
  ],
})
const accountsOf = ({ jwksFile }: IdentityProvider): Accounts => ({
  [account]: {
    roles: {
      open: { trustPolicy: trust() },
      ci: {
        trustPolicy: trust({
          StringEquals: { [`${host}:aud`]: 'sts.amazonaws.com' },
          StringLike: { [`${host}:sub`]: 'repo:team/app:*' },
        }),
      },
      'by-audience': { trustPolicy: trust({ StringEquals: { [`${host}:oaud`]: 'the site' } }) },
      'by-own-claim': { trustPolicy: trust({ StringEquals: { [`${host}:JobWorkflow`]: 'release' } }) },
    },
    oidcProviders: { [host]: { clientIds: ['sts.amazonaws.com', 'another'], jwksFile } },
  },
})
const range = (count: number) => Array.from({ length: count }, (_, index) => index)

describe('hostile web identities', () => {
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

  /** The ARN of the session, or name, status and message of the refusal. */
  const assume = (role: string, token: string, { endpoint } = emulator) =>
    new STSClient({ endpoint, region: 'us-east-1', maxAttempts: 1 })
      .send(
        new AssumeRoleWithWebIdentityCommand({
          RoleArn: `arn:aws:iam::${account}:role/${role}`,
          RoleSessionName: 'run-1',
          WebIdentityToken: token,
        }),
      )
      .then(
        ({ AssumedRoleUser }) => [AssumedRoleUser?.Arn],
        (error: { name: string; message: string; $metadata: { httpStatusCode: number } }) => [
          error.name,
          error.$metadata.httpStatusCode,
          error.message,
        ],
      )
  const invalid = (message: string) => ['InvalidIdentityTokenException', 400, message]

  it.each([
    ['ci', { sub: 'repo:other/app:main', Sub: 'repo:team/app:main', SUB: 'repo:team/app:main' }],
    ['ci', { aud: 'another', Aud: 'sts.amazonaws.com' }],
    ['by-audience', { aud: 'sts.amazonaws.com', oaud: 'the site', OAud: 'the site' }],
  ])('A claim of the user cannot take the place of a standard one for role %s: %j', async (role, claims) => {
    const refusal = ['AccessDenied', 403, 'Not authorized to perform sts:AssumeRoleWithWebIdentity']
    expect(await assume(role, await provider.token(claims))).toEqual(refusal)
  })

  it('A claim of the user is a condition key whatever the case of its name', async () => {
    expect(await assume('by-own-claim', await provider.token({ jobWorkflow: 'release' }))).toEqual([
      `arn:aws:sts::${account}:assumed-role/by-own-claim/run-1`,
    ])
  })

  it.each([
    ['without its modulus', { n: undefined }],
    ['with a modulus of 1024 bits', { n: Buffer.alloc(128, 0xff).toString('base64url') }],
    ['of an unknown type', { kty: 'XYZ' }],
  ])('A key %s in the key set is no key that a token can be verified with', async (_, members) => {
    await using other = await identityProvider()
    await using its = await startEmulator({ accounts: accountsOf(other) })
    const { keys } = JSON.parse(await readFile(other.jwksFile, 'utf8')) as { keys: object[] }
    await writeFile(other.jwksFile, JSON.stringify({ keys: keys.map((key) => ({ ...key, ...members })) }))
    expect(await assume('ci', await other.token(), its)).toEqual(
      invalid(
        "Couldn't retrieve verification key from your identity provider,  please reference AssumeRoleWithWebIdentity documentation for requirements",
      ),
    )
  })

  it.each([123, { a: 1 }, ['x'], true, null])('A token with the subject %j is refused', async (sub) => {
    expect(await assume('open', await provider.token({ sub }))).toEqual(invalid('Missing a required claim: sub'))
  })

  it.each([123, { a: 1 }, [`https://${host}`], null])('A token with the issuer %j is refused', async (iss) => {
    expect(await assume('open', await provider.token({ iss }))).toEqual(invalid('Missing a required claim: iss'))
  })

  it.each([
    ['source identity', { 'https://aws.amazon.com/source_identity': 'a b\nc' }, "at 'sourceIdentity'"],
    ['tag key', { 'https://aws.amazon.com/tags/principal_tags/a\u0000b': 'c' }, "at 'tags.1.member.key'"],
    [
      'number of tags',
      { 'https://aws.amazon.com/tags': { principal_tags: Object.fromEntries(range(51).map((n) => [`t${n}`, ['v']])) } },
      "at 'tags' failed to satisfy constraint: Member must have length less than or equal to 50",
    ],
  ])('A %s in the claims is subject to the limits of AssumeRole', async (_, claims, reason) => {
    const [name, status, message] = await assume('open', await provider.token(claims))
    expect([name, status]).toEqual(['ValidationError', 400])
    expect(message).toContain(reason)
  })
})
