import { describe, expect, test } from 'vitest'
import { explain } from '../../src/iam/explain.js'
import { parsePolicy } from '../../src/iam/parse.js'
import type { AccessQuestion, ApplicablePolicies, AttachedPolicy, PolicyKind } from '../../src/iam/policy.js'

const alice = { arn: 'arn:aws:iam::111122223333:user/alice', account: '111122223333' }
const bob = { arn: 'arn:aws:iam::444455556666:user/bob', account: '444455556666' }
const app = 'arn:aws:ecr:us-east-1:111122223333:repository/app'

const question: AccessQuestion = {
  principal: alice,
  action: 'ecr:PutImage',
  resource: app,
  resourceAccount: '111122223333',
  conditions: { 'aws:requestedregion': 'us-east-1', 'aws:tagkeys': ['a', 'b'], 'aws:username': 'alice' },
}

function policy(name: string, kind: PolicyKind, ...statements: object[]): AttachedPolicy {
  const Statement = statements.map((changes) => ({ Effect: 'Allow', Action: 'ecr:*', ...changes }))
  return { name, policy: parsePolicy({ Version: '2012-10-17', Statement }, kind) }
}

const identity = (...statements: object[]) =>
  policy('inline policy 1 of user alice', 'identity', ...statements.map((changes) => ({ Resource: '*', ...changes })))
const resource = (...statements: object[]) =>
  policy('the repository policy', 'resource', ...statements.map((changes) => ({ Principal: '*', ...changes })))

const explained = (policies: Partial<ApplicablePolicies>, changes: Partial<AccessQuestion> = {}) =>
  explain({ ...question, ...changes }, { identity: [], resource: [], ...policies })

describe('An explanation', () => {
  test('An explanation lists every statement of every policy and marks the one that decided', () => {
    const { decision, considered } = explained({
      identity: [identity({ Sid: 'Read', Action: 'ecr:Get*' }, { Sid: 'All' }, { Sid: 'AllAgain' })],
      resource: [resource({})],
      boundary: [identity({})],
    })
    expect(decision.allowed).toBe(true)
    expect(considered.map(({ type, index, sid, matched, decided }) => [type, index, sid, matched, decided])).toEqual([
      ['resource-based policy', 0, undefined, true, false],
      ['identity-based policy', 0, 'Read', false, false],
      ['identity-based policy', 1, 'All', true, true],
      ['identity-based policy', 2, 'AllAgain', true, false],
      ['permissions boundary', 0, undefined, true, false],
    ])
    expect(considered[1]?.source).toEqual({ Effect: 'Allow', Action: 'ecr:Get*', Resource: '*', Sid: 'Read' })
  })

  test('An explanation marks only one statement if the same policy is attached twice', () => {
    const twice = identity({})
    const { considered } = explained({ serviceControl: [twice], identity: [twice, twice], session: [twice] })
    expect(considered.map(({ decided }) => decided)).toEqual([false, true, false, false])
  })

  test('An explanation marks no statement if nothing allowed the request', () => {
    expect(explained({ identity: [identity({ Action: 'ecr:Get*' })] }).considered).toMatchObject([{ decided: false }])
  })

  test('The explanation of an allowed request suggests no change', () => {
    expect(explained({ identity: [identity({})] }).wouldChange).toEqual([])
  })
})

describe('The reasons of a statement that does not match', () => {
  const because = (changes: object) => explained({ identity: [identity(changes)] }).considered[0]?.because

  test.each<[object, string[]]>([
    [{}, []],
    [{ Action: 'ecr:BatchGetImage' }, ['Action ecr:PutImage is not ecr:BatchGetImage']],
    [{ Action: ['ecr:Get*', 's3:*'] }, ['Action ecr:PutImage is not ecr:Get* or s3:*']],
    [{ Action: undefined, NotAction: 'ecr:Put*' }, ['Action ecr:PutImage is among NotAction ecr:Put*']],
    [{ Resource: 'arn:aws:s3:::b' }, [`Resource ${app} is not arn:aws:s3:::b`]],
    [
      { Resource: 'arn:aws:ecr:*:*:repository/${aws:username}/${aws:TagKeys}' },
      [
        `Resource ${app} is not arn:aws:ecr:*:*:repository/\${aws:username}/\${aws:TagKeys}` +
          ' (aws:username is alice, aws:tagkeys has no single value)',
      ],
    ],
    [
      { Resource: undefined, NotResource: 'arn:aws:ecr:*:*:repository/${aws:PrincipalTag/Team}' },
      [
        'NotResource arn:aws:ecr:*:*:repository/${aws:PrincipalTag/Team} has a variable without a value' +
          ' (aws:principaltag/team has no single value)',
      ],
    ],
    [{ Resource: undefined, NotResource: '*' }, [`Resource ${app} is among NotResource *`]],
    [
      { Action: 's3:*', Resource: 'arn:aws:s3:::b' },
      ['Action ecr:PutImage is not s3:*', `Resource ${app} is not arn:aws:s3:::b`],
    ],
  ])('The explanation states every reason why a statement does not match: %j', (changes, sentences) => {
    expect(because(changes)).toEqual(sentences)
  })

  test.each<[string, string, string | string[], string]>([
    ['StringEquals', 'aws:RequestedRegion', 'eu-west-1', 'us-east-1 is not eu-west-1'],
    ['StringEquals', 'aws:RequestedRegion', ['eu-west-1', 'x'], 'us-east-1 is not eu-west-1 or x'],
    ['StringNotEquals', 'aws:RequestedRegion', 'us-east-1', 'us-east-1 is us-east-1'],
    ['StringLike', 'aws:RequestedRegion', 'eu-*', 'us-east-1 is not like eu-*'],
    ['StringNotLike', 'aws:RequestedRegion', 'us-*', 'us-east-1 is like us-*'],
    [
      'StringEquals',
      'aws:RequestedRegion',
      '${aws:username}',
      'us-east-1 is not ${aws:username} (aws:username is alice)',
    ],
    ['IpAddress', 'aws:RequestedRegion', '10.0.0.0/8', 'us-east-1 is not in 10.0.0.0/8'],
    ['NumericLessThanEquals', 'aws:RequestedRegion', '5', 'us-east-1 is not at most 5'],
    ['ForAllValues:StringEquals', 'aws:TagKeys', 'a', 'not every one of a, b is a'],
    ['ForAllValues:StringNotEquals', 'aws:TagKeys', 'a', 'one of a, b is a'],
    ['ForAnyValue:StringEquals', 'aws:TagKeys', 'c', 'none of a, b is c'],
    ['ForAnyValue:StringNotEquals', 'aws:TagKeys', ['a', 'b'], 'every one of a, b is a or b'],
    ['StringEquals', 'aws:SourceVpc', 'vpc-1', 'the request has no value for it; needed is one that is vpc-1'],
    [
      'ForAnyValue:StringNotLike',
      'aws:CalledVia',
      'x*',
      'the request has no value for it; needed is one that is not like x*',
    ],
    ['Null', 'aws:SourceVpc', 'false', 'the request has no value for it'],
    ['Null', 'aws:TagKeys', 'true', 'the request has a value for it'],
  ])('The explanation states why the condition %s %s %j does not hold', (operator, key, asked, sentence) => {
    expect(because({ Condition: { [operator]: { [key]: asked } } })).toEqual([
      `Condition ${operator} ${key}: ${sentence}`,
    ])
  })

  test.each<[object, string]>([
    [{ Principal: { AWS: ['444455556666'] } }, `Principal ${alice.arn} is not 444455556666`],
    [{ Principal: { Service: 'ecr.amazonaws.com' } }, `Principal ${alice.arn} is not ecr.amazonaws.com`],
    [
      { Effect: 'Deny', NotPrincipal: { AWS: [alice.arn, alice.account] } },
      `Principal ${alice.arn} is among NotPrincipal ${alice.arn} or ${alice.account}`,
    ],
  ])('The explanation states why a resource-based statement does not match: %j', (changes, sentence) => {
    const { considered } = explained({ resource: [policy('the repository policy', 'resource', changes)] })
    expect(considered[0]?.because).toEqual([sentence])
  })
})

describe('The changes that would allow a request', () => {
  test('The suggested changes name every Deny and every missing Allow', () => {
    const { wouldChange } = explained({
      identity: [identity({ Action: 'ecr:Get*' })],
      resource: [resource({ Action: 'ecr:Get*' }, { Effect: 'Deny', Sid: 'NoPush', Action: 'ecr:Put*' })],
      serviceControl: [
        policy(
          'service control policy 1 of account 111122223333',
          'identity',
          { Resource: '*' },
          { Effect: 'Deny', Resource: '*' },
        ),
      ],
    })
    expect(wouldChange).toEqual([
      'Remove or narrow the Deny statement 2 of service control policy 1 of account 111122223333',
      'Remove or narrow the Deny statement 2 (Sid NoPush) of the repository policy',
      `Add to an identity-based policy of ${alice.arn} a statement that allows ecr:PutImage on ${app}`,
    ])
  })

  test('The only suggested change is to remove the Deny if everything else allows the request', () => {
    const { wouldChange } = explained({ identity: [identity({}, { Effect: 'Deny' })] })
    expect(wouldChange).toEqual(['Remove or narrow the Deny statement 2 of inline policy 1 of user alice'])
  })

  test('The suggested changes name both sides if the caller belongs to another account', () => {
    expect(explained({}, { principal: bob }).wouldChange).toEqual([
      `Add to an identity-based policy of ${bob.arn} a statement that allows ecr:PutImage on ${app}`,
      `Add to a resource-based policy of ${app} a statement that allows ecr:PutImage to ${bob.arn}`,
    ])
  })

  test('The suggested change names either side if one is enough, which it is only for a caller of the same account', () => {
    const either = { resourcePolicyMayAllow: true }
    expect(explained({}, either).wouldChange).toEqual([
      `Add to an identity-based policy of ${alice.arn} a statement that allows ecr:PutImage on ${app}, ` +
        `or to a resource-based policy of ${app} one that allows it to ${alice.arn}`,
    ])
    expect(explained({}, { ...either, principal: bob }).wouldChange).toHaveLength(2)
    expect(explained({}, { ...either, principal: bob }).wouldChange.join()).not.toContain(', or to')
  })

  test('The suggested change names the role of a session, which has no policies of its own', () => {
    const roleArn = 'arn:aws:iam::111122223333:role/builder'
    const principal = { ...alice, arn: 'arn:aws:sts::111122223333:assumed-role/builder/run-7', roleArn }
    expect(explained({}, { principal }).wouldChange).toEqual([
      `Add to an identity-based policy of ${roleArn} a statement that allows ecr:PutImage on ${app}`,
    ])
  })

  test('The suggested changes name every boundary, session policy and service control policy that must allow the action', () => {
    const filter = [policy('a filter', 'identity', { Action: 'ecr:Get*', Resource: '*' })]
    const { wouldChange } = explained({
      identity: [identity({})],
      boundary: filter,
      session: filter,
      serviceControl: filter,
    })
    expect(wouldChange).toEqual([
      `Allow ecr:PutImage on ${app} in a service control policy of account 111122223333`,
      `Allow ecr:PutImage on ${app} in the permissions boundary of ${alice.arn}`,
      `Allow ecr:PutImage on ${app} in the session policy of ${alice.arn}`,
    ])
  })

  test('The suggested changes name statements that allow the action, but under other conditions', () => {
    const { wouldChange } = explained({
      identity: [
        identity(
          { Sid: 'Europe', Condition: { StringEquals: { 'aws:RequestedRegion': 'eu-west-1' } } },
          { Action: 'ecr:Get*' },
          { Resource: 'arn:aws:ecr:*:*:repository/web', Condition: { Bool: { 'aws:SecureTransport': 'true' } } },
        ),
      ],
    })
    expect(wouldChange.slice(1)).toEqual([
      'Or change the Allow statement 1 (Sid Europe) of inline policy 1 of user alice, which would allow it but for this: ' +
        'Condition StringEquals aws:RequestedRegion: us-east-1 is not eu-west-1',
      'Or change the Allow statement 3 of inline policy 1 of user alice, which would allow it but for this: ' +
        `Resource ${app} is not arn:aws:ecr:*:*:repository/web; ` +
        'Condition Bool aws:SecureTransport: the request has no value for it; needed is one that is true',
    ])
  })
})
