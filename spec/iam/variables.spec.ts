import { describe, expect, test } from 'vitest'
import { evaluate } from '../../src/iam/evaluate.js'
import { parsePolicy } from '../../src/iam/parse.js'
import type { ConditionValues } from '../../src/iam/policy.js'

const repository = (name: string) => `arn:aws:ecr:us-east-1:111122223333:repository/${name}`

interface Asked {
  readonly version?: string
  /** The resource in the policy. */
  readonly pattern?: string
  readonly condition?: object
  /** The name of the requested repository. */
  readonly name?: string
  readonly values?: ConditionValues
}

function isAllowed({ version = '2012-10-17', pattern = '*', condition = {}, name = 'app', values = {} }: Asked) {
  const Resource = pattern === '*' ? '*' : repository(pattern)
  const document = { Version: version, Statement: { Effect: 'Allow', Action: '*', Resource, Condition: condition } }
  const question = {
    principal: { arn: 'arn:aws:iam::111122223333:user/alice', account: '111122223333' },
    action: 'ecr:BatchGetImage',
    resource: repository(name),
    resourceAccount: '111122223333',
    conditions: values,
  }
  return evaluate(question, { identity: [{ name: 'p', policy: parsePolicy(document, 'identity') }], resource: [] })
    .allowed
}

const alice = { 'aws:username': 'alice' }

describe('Variables in a resource', () => {
  test.each<[string, string, string, ConditionValues]>([
    ['stands for the value of its key', '${aws:username}/*', 'alice/app', alice],
    ['may be written in any case', '${AWS:UserName}/*', 'alice/app', alice],
    ['may stand anywhere, and twice', '*/${aws:username}-${aws:username}', 'x/alice-alice', alice],
    ['may have a default', "${aws:username, 'nobody'}/app", 'nobody/app', {}],
    ['has its default only where the key is absent', "${aws:username, 'nobody'}/app", 'alice/app', alice],
    [
      'has its default where the key is a property name of every object',
      "${constructor, 'nobody'}/app",
      'nobody/app',
      {},
    ],
    ['has its default where the key is the name of a prototype', "${__proto__, 'nobody'}/app", 'nobody/app', {}],
    ['may name a tag', '${aws:PrincipalTag/Team}/app', 'blue/app', { 'aws:principaltag/team': 'blue' }],
    ['inserts wildcards as plain characters', '${aws:username}/app', '*/app', { 'aws:username': '*' }],
    ['written ${*} is an asterisk', 'a${*}', 'a*', {}],
    ['written ${?} is a question mark', 'a${?}', 'a?', {}],
    ['written ${$} is a dollar sign', '${$}{aws:username}', '${aws:username}', alice],
    ['needs braces, so a single $ is a character', 'a$b', 'a$b', {}],
  ])('In the resource of a policy, a variable %s', (_, pattern, name, values) =>
    expect(isAllowed({ pattern, name, values })).toBe(true),
  )

  test.each<[string, string, string, ConditionValues]>([
    ['does not match another value', '${aws:username}/*', 'bob/app', alice],
    ['does not match a value that only begins alike', '${aws:username}/*', 'alice2/app', alice],
    ['matches nothing without a value', '${aws:username}/*', '/app', {}],
    ['matches nothing where the key is a property name of every object', '${constructor}/*', 'Object/app', {}],
    ['matches nothing without a value, not even itself', '${aws:username}', '${aws:username}', {}],
    ['matches nothing where the key has several values', '${aws:TagKeys}', 'a', { 'aws:tagkeys': ['a'] }],
    ['inserts no wildcards', '${aws:username}/app', 'bob/app', { 'aws:username': '*' }],
    ['inserts no wildcards of one character', '${aws:username}*', 'bob', { 'aws:username': '?ob' }],
    [
      'inserts no character that stands for a wildcard internally',
      '*/${aws:username}',
      'x/bob',
      { 'aws:username': '\uffff' },
    ],
    ['written ${*} is not a wildcard', 'a${*}', 'ab', {}],
    ['written ${?} is not a wildcard', 'a${?}', 'ab', {}],
  ])('In the resource of a policy, a variable %s', (_, pattern, name, values) =>
    expect(isAllowed({ pattern, name, values })).toBe(false),
  )

  test('A variable is plain text in a policy of version 2008-10-17', () => {
    const asked = { version: '2008-10-17', pattern: '${aws:username}/*', values: alice }
    expect(isAllowed({ ...asked, name: 'alice/app' })).toBe(false)
    expect(isAllowed({ ...asked, name: '${aws:username}/app' })).toBe(true)
    expect(isAllowed({ ...asked, pattern: '${unfinished', name: '${unfinished' })).toBe(true)
  })
})

describe('Variables in a condition', () => {
  const values = { ...alice, 'aws:key': 'alice' }

  test.each([
    ['StringEquals', '${aws:username}'],
    ['StringEqualsIgnoreCase', '${aws:username}'],
    ['StringLike', '${aws:username}*'],
  ])('A variable in a %s condition stands for its value', (operator, text) => {
    const condition = { [operator]: { 'aws:Key': text } }
    expect(isAllowed({ condition, values })).toBe(true)
    expect(isAllowed({ condition, values: { ...values, 'aws:username': 'bob' } })).toBe(false)
    expect(isAllowed({ condition, values: { 'aws:key': 'alice' } })).toBe(false)
  })

  test('A variable in a condition may be a whole ARN', () => {
    const condition = { ArnEquals: { 'aws:SourceArn': '${aws:PrincipalArn}' } }
    const arn = 'arn:aws:iam::111122223333:user/alice'
    expect(isAllowed({ condition, values: { 'aws:sourcearn': arn, 'aws:principalarn': arn } })).toBe(true)
    expect(isAllowed({ condition, values: { 'aws:sourcearn': arn, 'aws:principalarn': `${arn}s` } })).toBe(false)
  })

  test('A variable without a value equals nothing, so a negated operator holds', () => {
    expect(
      isAllowed({ condition: { StringNotEquals: { 'aws:Key': '${aws:username}' } }, values: { 'aws:key': 'x' } }),
    ).toBe(true)
  })

  test('A variable is plain text for operators that do not compare texts', () => {
    const condition = { NumericEquals: { 'aws:Key': '${aws:EpochTime}' } }
    expect(isAllowed({ condition, values: { 'aws:key': '7', 'aws:epochtime': '7' } })).toBe(false)
  })
})
