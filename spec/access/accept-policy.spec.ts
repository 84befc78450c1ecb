import { describe, expect, it } from 'vitest'
import { acceptRegistryPolicy, acceptRepositoryPolicy, type AcceptPolicyDeps } from '../../src/access/accept-policy.js'
import type { Accounts } from '../../src/access/credentials.js'
import { accessFor } from '../support/access.js'

const account = '111122223333'
const registry = { account, region: 'us-east-1' }
const trustPolicy = {
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Principal: { AWS: account }, Action: 'sts:AssumeRole' }],
}
const accounts: Accounts = { [account]: { users: { dev: {} }, roles: { ci: { trustPolicy } } } }
const { identities } = accessFor({ accounts })
const strict: AcceptPolicyDeps = { identities, settings: { principalsAreChecked: true } }
const relaxed: AcceptPolicyDeps = { identities, settings: { principalsAreChecked: false } }
const acceptRegistry = (text: string, deps = strict) => acceptRegistryPolicy(text, registry, deps)
const acceptRepository = (text: string, deps = strict) => acceptRepositoryPolicy(text, deps)

const statement = {
  Sid: 'any words, twice',
  Effect: 'Allow',
  Principal: { AWS: ['arn:aws:iam::111122223333:root', '444455556666'], Service: 'replication.ecr.amazonaws.com' },
  Action: ['ecr:CreateRepository', 'ecr:Batch*'],
  Resource: ['arn:aws:ecr:us-east-1:111122223333:repository/team/*'],
  Condition: { StringLike: { 'aws:PrincipalArn': ['arn:*', 'b'] }, Bool: { 'aws:SecureTransport': true } },
}
type StatementText = Record<string, unknown>
const changed = (change: object): StatementText => ({ ...statement, ...change })
const whole = (statement: StatementText) => statement
const withoutResource = (statement: StatementText): StatementText => ({ ...statement, Resource: undefined })
const textWith = (statements: StatementText[]) => JSON.stringify({ Version: '2012-10-17', Statement: statements })

const wrong: [string, StatementText][] = [
  ['no effect', changed({ Effect: undefined })],
  ['another effect', changed({ Effect: 'allow' })],
  ['no principal', changed({ Principal: undefined })],
  ['a principal that is a bare string', changed({ Principal: 'arn:aws:iam::111122223333:root' })],
  ['a principal of an unknown kind', changed({ Principal: { Aws: '*' } })],
  ['an empty principal object', changed({ Principal: {} })],
  ['an empty list of principals', changed({ Principal: { AWS: [] } })],
  ['NotPrincipal in an Allow', changed({ Principal: undefined, NotPrincipal: { AWS: account } })],
  ['Principal and NotPrincipal together', changed({ NotPrincipal: '*' })],
  ['no action', changed({ Action: undefined })],
  ['an empty list of actions', changed({ Action: [] })],
  ['an action of another service', changed({ Action: ['ecr:PutImage', 's3:GetObject'] })],
  ['NotAction with actions of another service', changed({ Action: undefined, NotAction: 's3:*' })],
  ['an action without a service', changed({ Action: 'BatchGetImage' })],
  ['a number for an action', changed({ Action: 1 })],
  ['a condition that is a string', changed({ Condition: 'always' })],
  ['a condition without an operator', changed({ Condition: { 'aws:SecureTransport': true } })],
  ['an operator IAM does not know', changed({ Condition: { StringSame: { 'aws:userid': 'a' } } })],
  ['an invalid address', changed({ Condition: { IpAddress: { 'aws:SourceIp': '10.0.0.0/99' } } })],
  ['an empty list of values', changed({ Condition: { StringEquals: { 'aws:userid': [] } } })],
  ['an unknown member', changed({ Effects: 'Allow' })],
]

const wrongResources: [string, StatementText][] = [
  ['an empty list of resources', changed({ Resource: [] })],
  ['a resource of another service', changed({ Resource: 'arn:aws:s3:::bucket' })],
  [
    'a resource of a service whose name begins with ecr',
    changed({ Resource: 'arn:aws:ecr-public::111122223333:repository/a' }),
  ],
  ['a resource that is not a string', changed({ Resource: [{}] })],
  ['Resource and NotResource together', changed({ NotResource: '*' })],
]

describe.each([
  ['registry', acceptRegistry, whole],
  ['repository', acceptRepository, withoutResource],
])('A %s policy', (kind, accept, suited) => {
  const text = (...statements: StatementText[]) => textWith(statements.map(suited))
  const refused = `Invalid parameter at 'PolicyText' failed to satisfy constraint: 'Invalid ${kind} policy provided'`

  it('A policy is stored exactly as it was given', () => {
    const given = `\n ${text(statement, changed({ Effect: 'Deny' }))}`
    expect(accept(given)).toEqual({ text: given })
  })

  it.each([
    ['NotPrincipal in a Deny', changed({ Effect: 'Deny', Principal: undefined, NotPrincipal: '*' })],
    ['NotAction', changed({ Action: undefined, NotAction: 'ecr:DeleteRepository' })],
    ['Action *', changed({ Action: '*' })],
  ])('A policy with %s is accepted', (_, good) => {
    expect(accept(text(good))).toEqual({ text: text(good) })
  })

  it.each(wrong)('A policy with %s is refused', (_, bad) => {
    expect(() => accept(text(statement, bad))).toThrow(refused)
  })

  it.each(wrongResources)('A policy with %s is refused', (_, bad) => {
    expect(() => accept(textWith([suited(statement), bad]))).toThrow(refused)
  })

  it.each(['', ' ', 'null', '1', '[]', '{}', '{"Version":"2012-10-17","Statement":[]}'])(
    'The text %j is refused as a policy',
    (bad) => {
      expect(() => accept(bad)).toThrow(refused)
    },
  )

  it('A policy with a duplicate member is refused, at any depth and in any spelling of the name', () => {
    const given = text(statement)
    const twice = (member: string, added: string) => given.replace(member, `${added},${member}`)
    for (const bad of [
      twice('"Version"', '"Version":"2012-10-17"'),
      twice('"Effect"', '"Effect" :"Deny"'),
      twice('"Effect"', '"\\u0045ffect":"Deny"'),
      twice('"AWS"', '"AWS":"*"'),
      twice('"StringLike"', '"StringLike":{"aws:userid":"{\\""}'),
      twice('"aws:PrincipalArn"', '"aws:PrincipalArn":"x"'),
    ]) {
      expect(() => accept(bad)).toThrow(refused)
    }
    expect(() => accept(text(statement, statement))).not.toThrow()
    expect(() => accept(text(changed({ Sid: '{"Sid":1,"Sid":2}' })))).not.toThrow()
  })

  it('A policy has a version that IAM knows, or no version', () => {
    const versioned = (Version: unknown) => JSON.stringify({ Version, Statement: suited(statement) })
    for (const good of ['2008-10-17', '2012-10-17', undefined]) expect(() => accept(versioned(good))).not.toThrow()
    for (const bad of ['2012-10-18', 2012, null]) expect(() => accept(versioned(bad))).toThrow(refused)
  })

  describe('Principals of a policy', () => {
    const naming = (Principal: unknown) => text(changed({ Principal }))
    const user = `arn:aws:iam::${account}:user/dev`
    const role = `arn:aws:iam::${account}:role/ci`
    it.each([
      ['everyone', '*'],
      ['everyone as an AWS principal', { AWS: '*' }],
      ['an account, even one that is not configured', { AWS: '999988887777' }],
      ['an account by its root', { AWS: 'arn:aws:iam::999988887777:root' }],
      ['a user and a role that exist', { AWS: [user, role] }],
      ['a session of a role that exists', { AWS: `arn:aws:sts::${account}:assumed-role/ci/build` }],
      ['a service', { Service: ['ecs-tasks.amazonaws.com', 'replication.ecr.amazonaws.com'] }],
    ])('A policy is accepted with this principal: %s', (_, principal) => {
      expect(accept(naming(principal))).toEqual({ text: naming(principal) })
    })

    it.each([
      ['a user that does not exist', { AWS: `${user}eloper` }],
      ['several users of whom one does not exist', { AWS: [user, `arn:aws:iam::${account}:user/gone`] }],
      ['a user of an account that is not configured', { AWS: 'arn:aws:iam::999988887777:user/dev' }],
      ['a role that does not exist', { AWS: `arn:aws:iam::${account}:role/gone` }],
      ['a session of a role that does not exist', { AWS: `arn:aws:sts::${account}:assumed-role/gone/build` }],
    ])('A policy with this principal is refused unless authentication is relaxed: %s', (_, principal) => {
      expect(() => accept(naming(principal))).toThrow(refused)
      expect(accept(naming(principal), relaxed)).toEqual({ text: naming(principal) })
    })

    it.each([
      ['a wildcard in an ARN', { AWS: `arn:aws:iam::${account}:user/*` }],
      ['a service that is not an AWS service', { Service: 'ecs-tasks.example.com' }],
      ['a kind of principal that cannot call ECR', { Federated: 'accounts.google.com' }],
      ['a canonical user id', { CanonicalUser: '79a59df900b949e55d96a1e698fbacedfd6e09d98eacf8f8d5218e7cd47ef2be' }],
    ])('A policy with this principal is refused even if authentication is relaxed: %s', (_, principal) => {
      for (const deps of [strict, relaxed]) expect(() => accept(naming(principal), deps)).toThrow(refused)
    })

    it('The principals in NotPrincipal must exist, too', () => {
      const not = (AWS: string) => text(changed({ Effect: 'Deny', Principal: undefined, NotPrincipal: { AWS } }))
      expect(accept(not(user))).toEqual({ text: not(user) })
      expect(() => accept(not(`${user}eloper`))).toThrow(refused)
    })
  })
})

describe('A registry policy', () => {
  const refused = "Invalid parameter at 'PolicyText' failed to satisfy constraint: 'Invalid registry policy provided'"
  const text = (...statements: StatementText[]) => textWith(statements)

  it('A registry policy may be a single bare statement; a repository policy may not', () => {
    const bare = JSON.stringify(statement)
    expect(acceptRegistry(bare)).toEqual({ text: bare })
    expect(() => acceptRepository(JSON.stringify(withoutResource(statement)))).toThrow(
      'Invalid repository policy provided',
    )
  })

  it.each([
    ['Resource *', { Resource: '*' }],
    ["a Resource that is the repository's own ARN", { Resource: `arn:aws:ecr:us-east-1:${account}:repository/app` }],
    ['NotResource', { Resource: undefined, NotResource: `arn:aws:ecr:us-east-1:${account}:repository/x` }],
  ])('A repository policy with %s is refused', (_, resource) => {
    const refusal =
      "Invalid parameter at 'PolicyText' failed to satisfy constraint: 'Invalid repository policy provided'"
    expect(() => acceptRepository(text(changed(resource)))).toThrow(refusal)
    expect(() => acceptRepository(text(withoutResource(statement), changed(resource)))).toThrow(refusal)
  })

  it('A registry policy whose statement names no resource is refused', () => {
    expect(() => acceptRegistry(text(changed({ Resource: undefined })))).toThrow(refused)
    expect(() => acceptRegistry(JSON.stringify(changed({ Resource: undefined })))).toThrow(refused)
  })

  it.each([
    '*',
    `arn:aws:ecr:us-east-1:${account}:repository/*`,
    [`arn:aws:ecr:us-east-1:${account}:repository/a`, `arn:aws:ecr:us-east-1:${account}:repository/b/*`],
  ])('A registry policy may name resources of its own registry: %j', (Resource) => {
    expect(() => acceptRegistry(text(changed({ Resource })))).not.toThrow()
    expect(() => acceptRegistry(text(changed({ Resource: undefined, NotResource: Resource })))).not.toThrow()
  })

  it.each([
    `arn:aws:ecr:eu-west-1:${account}:repository/*`,
    'arn:aws:ecr:us-east-1:444455556666:repository/*',
    `arn:aws:ecr:*:${account}:repository/*`,
    `arn:aws:ecr:us-east-1:${account}:repository/`,
    `arn:aws:ecr:us-east-1:${account}:*`,
    'arn:aws:s3:::bucket',
    'team/app',
    '',
    ['*', 'arn:aws:ecr:us-east-1:444455556666:repository/*'],
  ])('A registry policy that names a resource outside its registry is refused: %j', (Resource) => {
    expect(() => acceptRegistry(text(changed({ Resource })))).toThrow(refused)
    expect(() => acceptRegistry(text(changed({ Resource: undefined, NotResource: Resource })))).toThrow(refused)
  })

  it.each(['s3:GetObject', ['ecr:BatchGetImage', 'sts:AssumeRole'], 'e*:BatchGetImage'])(
    'A registry policy that names an action outside ECR is refused: %j',
    (Action) => {
      expect(() => acceptRegistry(text(changed({ Action })))).toThrow(refused)
      expect(() => acceptRegistry(text(changed({ Action: undefined, NotAction: Action })))).toThrow(refused)
    },
  )
})
