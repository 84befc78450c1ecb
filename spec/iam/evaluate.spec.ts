import { describe, expect, test } from 'vitest'
import { evaluate } from '../../src/iam/evaluate.js'
import { parsePolicy } from '../../src/iam/parse.js'
import type { ApplicablePolicies, AttachedPolicy, PolicyKind, QuestionPrincipal } from '../../src/iam/policy.js'

const account = '111122223333'
const alice = { arn: `arn:aws:iam::${account}:user/alice`, account }
const roleArn = `arn:aws:iam::${account}:role/builder`
const session = { arn: `arn:aws:sts::${account}:assumed-role/builder/run-7`, account, roleArn }

function policy(kind: PolicyKind, changes: object): AttachedPolicy[] {
  const document = { Version: '2012-10-17', Statement: { Effect: 'Allow', Action: '*', ...changes } }
  return [{ name: kind, policy: parsePolicy(document, kind) }]
}

const everything = policy('identity', { Resource: '*' })
const onlyReading = policy('identity', { Resource: '*', Action: 'ecr:Get*' })

function answer(principal: QuestionPrincipal, policies: Partial<ApplicablePolicies>, accountDelegates = false): string {
  const question = {
    principal,
    action: 'ecr:PutImage',
    resource: '*',
    resourceAccount: account,
    conditions: {},
    accountDelegates,
  }
  const decision = evaluate(question, { identity: [], resource: [], ...policies })
  return decision.allowed ? `allowed by ${decision.decidedBy.type}` : decision.type
}

describe('A decision about an identity of an identity provider', () => {
  const provider = `arn:aws:iam::${account}:oidc-provider/idp.example.com`
  const identity = { arn: provider, account, federated: provider }

  test.each<[string, object | '*', string]>([
    ['the provider', { Federated: provider }, 'allowed by resource-based policy'],
    ['another provider', { Federated: `${provider}/other` }, 'resource-based policy'],
    ['everyone', '*', 'allowed by resource-based policy'],
    ['the account of the provider', { AWS: account }, 'resource-based policy'],
    ['a service', { Service: 'ecs-tasks.amazonaws.com' }, 'resource-based policy'],
  ])('A trust policy that names %s decides alone, without identity-based policies', (_, Principal, expected) => {
    expect(answer(identity, { resource: policy('trust', { Principal }) }, true)).toBe(expected)
  })

  test('A statement for a provider does not match a user of its account', () => {
    const resource = policy('trust', { Principal: { Federated: provider } })
    expect(answer(alice, { identity: everything, resource }, true)).toBe('resource-based policy')
  })
})

describe('A decision in the account of the resource', () => {
  test.each<[string, object, string]>([
    ['its own ARN', { AWS: session.arn }, 'allowed by resource-based policy'],
    ['its role', { AWS: roleArn }, 'permissions boundary'],
    ['its account', { AWS: account }, 'permissions boundary'],
    ['everyone', { AWS: '*' }, 'permissions boundary'],
    [
      'everyone, and its own ARN elsewhere in the list',
      { AWS: ['*', session.arn] },
      'allowed by resource-based policy',
    ],
    ['the ARN of another principal', { AWS: alice.arn }, 'identity-based policy'],
  ])(
    'A boundary limits a session or not depending on how a resource-based policy names it: by %s',
    (_, Principal, expected) => {
      expect(answer(session, { resource: policy('resource', { Principal }), boundary: onlyReading })).toBe(expected)
    },
  )

  test('An empty list of boundaries, session policies or service control policies limits nothing', () => {
    expect(answer(alice, { identity: everything, boundary: [], session: [], serviceControl: [] })).toBe(
      'allowed by identity-based policy',
    )
  })

  test('A Deny with NotPrincipal exempts the principals it names, unless they have a permissions boundary', () => {
    const resource = policy('resource', { Effect: 'Deny', NotPrincipal: { AWS: [alice.arn, account] } })
    expect(answer(alice, { identity: everything, resource })).toBe('allowed by identity-based policy')
    expect(answer(alice, { identity: everything, resource, boundary: everything })).toBe('resource-based policy')
    expect(answer(session, { identity: everything, resource })).toBe('resource-based policy')
  })
})

describe('The trust policy of a role', () => {
  const trust = (Principal: unknown) => policy('trust', { Principal })

  test.each<[string, Partial<ApplicablePolicies>, string]>([
    ['must allow, whatever the identity may do', { identity: everything }, 'resource-based policy'],
    ['that names the caller is enough', { resource: trust({ AWS: alice.arn }) }, 'allowed by resource-based policy'],
    ['that names everyone is enough', { resource: trust('*') }, 'allowed by resource-based policy'],
    [
      'that names the account leaves the decision to the identity',
      { resource: trust({ AWS: account }) },
      'identity-based policy',
    ],
    [
      'that names the account allows an identity that may assume it',
      { identity: everything, resource: trust({ AWS: account }) },
      'allowed by resource-based policy',
    ],
  ])('The trust policy of a role %s', (_, policies, expected) => expect(answer(alice, policies, true)).toBe(expected))
})
