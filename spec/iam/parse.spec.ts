import { describe, expect, test } from 'vitest'
import { parsePolicy } from '../../src/iam/parse.js'
import { PolicyError } from '../../src/iam/policy-error.js'
import type { PolicyKind } from '../../src/iam/policy.js'

const statement = { Effect: 'Allow', Action: 'ecr:BatchGetImage', Resource: '*' }
const ofOne = (changes: object) => ({ Version: '2012-10-17', Statement: [{ ...statement, ...changes }] })
const ofResource = (changes: object) => ofOne({ Principal: '*', ...changes })
const without = (member: string) => ({
  Statement: [Object.fromEntries(Object.entries(statement).filter(([name]) => name !== member))],
})

const GOOD = [
  ['Numeric', '1'],
  ['Date', '2026-01-31'],
  ['IpAddress', '::1'],
] as const

function refusalOf(document: unknown, kind: PolicyKind = 'identity') {
  try {
    parsePolicy(document, kind)
  } catch (error) {
    if (error instanceof PolicyError) return `${error.path} ${error.message}`
    throw error
  }
  return 'accepted'
}

describe('Accepted policies', () => {
  test.each<[string, unknown, PolicyKind]>([
    ['has a list of statements', ofOne({}), 'identity'],
    ['has one statement by itself', { Statement: statement }, 'identity'],
    ['has no statement at all', { Version: '2012-10-17', Statement: [] }, 'identity'],
    ['has an Id and Sids', { Id: 'x', ...ofOne({ Sid: 'Pull1' }) }, 'identity'],
    ['has empty Sids', { Statement: [statement, statement].map((each) => ({ ...each, Sid: '' })) }, 'identity'],
    ['allows every action of every service', ofOne({ Action: ['*', '*:*', 'ecr:*', 'ecr:Get??*'] }), 'identity'],
    [
      'excludes actions and resources with NotAction and NotResource',
      { Statement: { Effect: 'Deny', NotAction: 'ecr:Put*', NotResource: '*' } },
      'identity',
    ],
    [
      'is for any resource it is attached to',
      { Statement: { Effect: 'Allow', Action: '*', Principal: '*' } },
      'resource',
    ],
    [
      'names principals of every type',
      ofResource({ Principal: { AWS: ['111122223333'], Service: 's', Federated: 'f', CanonicalUser: 'c' } }),
      'resource',
    ],
    [
      'excludes principals with NotPrincipal',
      ofOne({ Effect: 'Deny', NotPrincipal: { AWS: '111122223333' } }),
      'resource',
    ],
    [
      'belongs to a resource and has arbitrary, even equal Sids',
      { Statement: [1, 2].map(() => ({ ...statement, Principal: '*', Sid: 'Pull images' })) },
      'resource',
    ],
    [
      'has variables as plain text for operators on numbers, dates and addresses',
      ofOne({
        Condition: {
          NumericEquals: { 'a:b': '${a:c}' },
          DateLessThan: { 'a:b': '${a:c}' },
          IpAddress: { 'a:b': '${a:c}/8' },
        },
      }),
      'identity',
    ],
    [
      'trusts an account',
      { Statement: { Effect: 'Allow', Action: 'sts:AssumeRole', Principal: { AWS: '111122223333' } } },
      'trust',
    ],
    [
      'has numbers and booleans for condition values',
      ofOne({ Condition: { NumericEquals: { 'a:b': [1, '2'] }, Bool: { 'a:c': true } } }),
      'identity',
    ],
    [
      'writes operators and keys in any case',
      ofOne({ Condition: { 'foranyvalue:STRINGLIKEifexists': { 'AWS:tagkeys': 'a' } } }),
      'identity',
    ],
  ])('A policy that %s is accepted', (_, document, kind) => {
    expect(refusalOf(document, kind)).toBe('accepted')
  })

  test('A policy without a version has the version 2008-10-17', () => {
    expect(parsePolicy({ Statement: [] }, 'identity').version).toBe('2008-10-17')
    expect(parsePolicy({ Version: '2012-10-17', Statement: [] }, 'identity').version).toBe('2012-10-17')
  })

  test('A parsed policy lists its condition keys in lower case, including those in variables', () => {
    const policy = ofOne({
      Resource: 'arn:aws:ecr:*:*:repository/${aws:PrincipalTag/Team}/*',
      Condition: {
        StringEquals: { 'ecr:ResourceTag/Owner': ['${aws:username}', 'x'] },
        Null: { 'aws:TagKeys': 'true' },
      },
    })
    expect([...parsePolicy(policy, 'identity').conditionKeys].sort()).toEqual([
      'aws:principaltag/team',
      'aws:tagkeys',
      'aws:username',
      'ecr:resourcetag/owner',
    ])
    expect([...parsePolicy({ ...policy, Version: '2008-10-17' }, 'identity').conditionKeys].sort()).toEqual([
      'aws:tagkeys',
      'ecr:resourcetag/owner',
    ])
  })

  test('A parsed policy keeps every statement as written, with its index and Sid', () => {
    const { statements } = parsePolicy({ Statement: [statement, { ...statement, Sid: 'Two' }] }, 'identity')
    expect(statements.map(({ sid, index, source }) => ({ sid, index, source }))).toEqual([
      { sid: undefined, index: 0, source: statement },
      { sid: 'Two', index: 1, source: { ...statement, Sid: 'Two' } },
    ])
  })
})

describe('Refused policies', () => {
  const known = 'Sid, Effect, Principal, NotPrincipal, Action, NotAction, Resource, NotResource, Condition'

  test.each<[unknown, string]>([
    ['{"Statement":[]}', ' must be an object, not {"Statement":[]}'],
    [null, ' must be an object, not null'],
    [[], ' must be an object, not a list'],
    [{}, '/Statement must be there: a policy is made of statements'],
    [{ Statement: 'x' }, '/Statement must be an object, not x'],
    [{ Statement: [7] }, '/Statement/0 must be an object, not 7'],
    [{ Version: '2012-10-18', Statement: [] }, '/Version must be 2012-10-17 or 2008-10-17, not 2012-10-18'],
    [{ Version: 2012, Statement: [] }, '/Version must be 2012-10-17 or 2008-10-17, not 2012'],
    [{ Id: 1, Statement: [] }, '/Id must be a text, not 1'],
    [{ Statements: [], Statement: [] }, '/Statements is unknown here; known are Version, Id, Statement'],
    [statement, `/Effect is unknown here; known are Version, Id, Statement`],
    [ofOne({ Effct: 'Allow' }), `/Statement/0/Effct is unknown here; known are ${known}`],
    [ofOne({ 'a/b~c': 1 }), `/Statement/0/a~1b~0c is unknown here; known are ${known}`],
    [JSON.parse('{"Statement":{"__proto__":{}}}'), `/Statement/__proto__ is unknown here; known are ${known}`],
    [ofOne({ Sid: 1 }), '/Statement/0/Sid must be a text, not 1'],
    [ofOne({ Effect: 'Permit' }), '/Statement/0/Effect must be Allow or Deny, not Permit'],
    [ofOne({ Effect: 'allow' }), '/Statement/0/Effect must be Allow or Deny, not allow'],
    [{ Statement: { ...statement, Effect: 'Permit' } }, '/Statement/Effect must be Allow or Deny, not Permit'],
    [without('Effect'), '/Statement/0/Effect must be Allow or Deny, not absent'],
    [without('Action'), '/Statement/0 must have an Action or a NotAction'],
    [without('Resource'), '/Statement/0 must have a Resource or a NotResource'],
    [
      ofOne({ NotAction: 'ecr:*' }),
      '/Statement/0/NotAction must not stand beside Action: a statement has one of the two',
    ],
    [
      ofOne({ NotResource: '*' }),
      '/Statement/0/NotResource must not stand beside Resource: a statement has one of the two',
    ],
    [
      ofOne({ Action: ['ecr:*', ''] }),
      '/Statement/0/Action/1 must be * or a service and an action such as ecr:BatchGetImage, not an empty text',
    ],
    [
      ofOne({ Action: 'BatchGetImage' }),
      '/Statement/0/Action must be * or a service and an action such as ecr:BatchGetImage, not BatchGetImage',
    ],
    [
      ofOne({ Action: 'e*:Get' }),
      '/Statement/0/Action must be * or a service and an action such as ecr:BatchGetImage, not e*:Get',
    ],
    [ofOne({ Action: { ecr: '*' } }), '/Statement/0/Action must be a text, not an object'],
    [ofOne({ Resource: ['*', 'team/app'] }), '/Statement/0/Resource/1 must be an ARN or *, not team/app'],
    [ofOne({ Resource: null }), '/Statement/0/Resource must be a text, not null'],
    [ofOne({ Resource: 'arn:aws:ecr:::${a' }), '/Statement/0/Resource has a variable without its closing brace: ${a'],
    [ofOne({ Resource: 'arn:aws:ecr:::${}' }), '/Statement/0/Resource has a variable without a name'],
    [
      ofOne({ Resource: 'arn:${a:b, c}' }),
      '/Statement/0/Resource has a variable whose default is not in single quotes: c',
    ],
    [ofOne({ Sid: 'Pull images' }), '/Statement/0/Sid must be of letters and digits only, not Pull images'],
    [
      { Statement: ['One', 'Two', 'One'].map((Sid) => ({ ...statement, Sid })) },
      '/Statement/2/Sid must be another than One, which is taken',
    ],
    [ofOne({ Action: [] }), '/Statement/0/Action must not be an empty list'],
    [ofOne({ Resource: [] }), '/Statement/0/Resource must not be an empty list'],
    [ofOne({ Condition: { Bool: { 'a:b': [] } } }), '/Statement/0/Condition/Bool/a:b must not be an empty list'],
    [ofOne({ Condition: 'x' }), '/Statement/0/Condition must be an object, not x'],
    [ofOne({ Condition: { StringEquals: 'x' } }), '/Statement/0/Condition/StringEquals must be an object, not x'],
    [
      ofOne({ Condition: { StringEqual: {} } }),
      '/Statement/0/Condition/StringEqual is not a condition operator such as StringEquals',
    ],
    [
      ofOne({ Condition: { constructor: {} } }),
      '/Statement/0/Condition/constructor is not a condition operator such as StringEquals',
    ],
    [
      ofOne({ Condition: { 'ForEach:Bool': {} } }),
      '/Statement/0/Condition/ForEach:Bool is not a condition operator such as StringEquals',
    ],
    [
      ofOne({ Condition: { NullIfExists: {} } }),
      '/Statement/0/Condition/NullIfExists must be Null: it asks already whether the key exists',
    ],
    [
      ofOne({ Condition: { Bool: { SourceIp: 'x' } } }),
      '/Statement/0/Condition/Bool/SourceIp must be a condition key with its prefix, such as aws:SourceIp',
    ],
    [
      ofOne({ Condition: { Bool: { 'aws:RequestTag/a': null } } }),
      '/Statement/0/Condition/Bool/aws:RequestTag~1a must be a text, a number or a boolean, not null',
    ],
    [
      ofOne({ Condition: { Bool: { 'a:b': ['x', {}] } } }),
      '/Statement/0/Condition/Bool/a:b/1 must be a text, a number or a boolean, not an object',
    ],
    [
      ofOne({ Principal: '*' }),
      '/Statement/0/Principal must not stand in the policy of an identity: the principal is the identity',
    ],
    [
      ofOne({ NotPrincipal: '*' }),
      '/Statement/0/NotPrincipal must not stand in the policy of an identity: the principal is the identity',
    ],
  ])('The refusal of an identity-based policy states the place and the fault: %j', (document, refusal) => {
    expect(refusalOf(document)).toBe(refusal)
  })

  const date = 'a date such as 2026-01-31T00:00:00Z or the seconds since 1970'
  const range = 'an address or a range such as 203.0.113.0/24'

  test.each([
    ['NumericEquals', 'ten', 'a number'],
    ['NumericNotEquals', '', 'a number'],
    ['NumericLessThan', '0x10', 'a number'],
    ['ForAnyValue:NumericGreaterThanEqualsIfExists', '1,5', 'a number'],
    ['DateEquals', 'yesterday', date],
    ['DateNotEquals', '2026-13-01', date],
    ['DateGreaterThan', true, date],
    ['IpAddress', '10.0.0.0/99', range],
    ['IpAddress', '10.0.0.0/', range],
    ['IpAddress', '10.0.0.0/8/8', range],
    ['IpAddress', '10.0.0', range],
    ['NotIpAddress', '2001:db8::/129', range],
    ['NotIpAddress', 'example.com', range],
  ])('The operator %s refuses a value it cannot compare with: %j', (operator, value, wanted) => {
    const good = GOOD.find(([kind]) => operator.includes(kind))?.[1]
    const refusal = refusalOf(ofOne({ Condition: { [operator]: { 'a:b': [good, value] } } }))
    expect(refusal).toBe(
      `/Statement/0/Condition/${operator}/a:b/1 must be ${wanted} for ${operator}, not ${value === '' ? 'an empty text' : value}`,
    )
  })

  test.each<[unknown, string]>([
    [ofOne({}), '/Statement/0 must have a Principal or a NotPrincipal'],
    [
      ofResource({ NotPrincipal: '*' }),
      '/Statement/0/NotPrincipal must not stand beside Principal: a statement has one of the two',
    ],
    [
      ofResource({ Principal: 'alice' }),
      '/Statement/0/Principal must be * or an object such as {"AWS": "111122223333"}, not alice',
    ],
    [
      ofOne({ NotPrincipal: { AWS: '111122223333' } }),
      '/Statement/0/NotPrincipal must be used with Deny: it cannot allow',
    ],
    [ofResource({ Principal: { AWS: [] } }), '/Statement/0/Principal/AWS must not be an empty list'],
    [ofResource({ Principal: {} }), '/Statement/0/Principal must name at least one principal'],
    [ofResource({ Principal: ['*'] }), '/Statement/0/Principal must be an object, not a list'],
    [
      ofResource({ Principal: { User: 'a' } }),
      '/Statement/0/Principal/User is unknown here; known are AWS, Service, Federated, CanonicalUser',
    ],
    [ofResource({ Principal: { AWS: 111122223333 } }), '/Statement/0/Principal/AWS must be a text, not 111122223333'],
    [
      ofResource({ Principal: { AWS: ['*', '1234'] } }),
      '/Statement/0/Principal/AWS/1 must be *, an account id or the ARN of a principal, not 1234',
    ],
    [
      ofResource({ Principal: { AWS: '111122223333:root' } }),
      '/Statement/0/Principal/AWS must be *, an account id or the ARN of a principal, not 111122223333:root',
    ],
    [
      ofResource({ Principal: { AWS: 'arn:aws:iam::111122223333:user/*' } }),
      '/Statement/0/Principal/AWS must name one principal: only a * by itself is a wildcard, not arn:aws:iam::111122223333:user/*',
    ],
  ])('The refusal of a resource-based policy states the place and the fault: %j', (document, refusal) => {
    expect(refusalOf(document, 'resource')).toBe(refusal)
  })

  test.each<[object, string]>([
    [{}, '/Statement must have a Principal'],
    [
      { NotPrincipal: { AWS: '111122223333' } },
      '/Statement/NotPrincipal must not stand in a trust policy: it has a Principal',
    ],
    [
      { Principal: '*', Resource: '*' },
      '/Statement/Resource must not stand in a trust policy: the resource is the role',
    ],
  ])('The refusal of a trust policy states the place and the fault: %j', (changes, refusal) => {
    expect(refusalOf({ Statement: { Effect: 'Allow', Action: 'sts:AssumeRole', ...changes } }, 'trust')).toBe(refusal)
  })

  test('A trust policy with two statements of the same Sid is refused', () => {
    const trusting = { Effect: 'Allow', Action: 'sts:AssumeRole', Principal: '*', Sid: 'Any one' }
    expect(refusalOf({ Statement: [trusting, trusting] }, 'trust')).toBe(
      '/Statement/1/Sid must be another than Any one, which is taken',
    )
  })
})
