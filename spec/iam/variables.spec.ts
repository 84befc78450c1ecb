import { describe, expect, test } from 'vitest'
import { evaluate } from '../../src/iam/evaluate.js'
import { parsePolicy } from '../../src/iam/parse.js'
import type { ConditionValues } from '../../src/iam/policy.js'

const repository = (name: string) => `arn:aws:ecr:us-east-1:111122223333:repository/${name}`

interface Asked {
  readonly version?: string
  /** The resource of the policy. */
  readonly pattern?: string
  readonly condition?: object
  /** The name of the repository asked for. */
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

describe('a variable in a resource', () => {
  test.each<[string, string, string, ConditionValues]>([
    ['stands for the value of its key', '${aws:username}/*', 'alice/app', alice],
    ['is written in any case', '${AWS:UserName}/*', 'alice/app', alice],
    ['may stand anywhere, and twice', '*/${aws:username}-${aws:username}', 'x/alice-alice', alice],
    ['may have a default', "${aws:username, 'nobody'}/app", 'nobody/app', {}],
    ['has its default only where the key is absent', "${aws:username, 'nobody'}/app", 'alice/app', alice],
    ['has its default where the key is a name that every object has', "${constructor, 'nobody'}/app", 'nobody/app', {}],
    ['has its default where the key is the name of a prototype', "${__proto__, 'nobody'}/app", 'nobody/app', {}],
    ['names a tag', '${aws:PrincipalTag/Team}/app', 'blue/app', { 'aws:principaltag/team': 'blue' }],
    ['puts in wildcards as themselves', '${aws:username}/app', '*/app', { 'aws:username': '*' }],
    ['${*} is an asterisk', 'a${*}', 'a*', {}],
    ['${?} is a question mark', 'a${?}', 'a?', {}],
    ['${$} is a dollar sign', '${$}{aws:username}', '${aws:username}', alice],
    ['leaves a single $ alone', 'a$b', 'a$b', {}],
  ])('%s', (_, pattern, name, values) => expect(isAllowed({ pattern, name, values })).toBe(true))

  test.each<[string, string, string, ConditionValues]>([
    ['is not another value', '${aws:username}/*', 'bob/app', alice],
    ['is not what only begins alike', '${aws:username}/*', 'alice2/app', alice],
    ['matches nothing without a value', '${aws:username}/*', '/app', {}],
    ['matches nothing where the key is a name that every object has', '${constructor}/*', 'Object/app', {}],
    ['matches nothing without a value, not even itself', '${aws:username}', '${aws:username}', {}],
    ['matches nothing where the key has several values', '${aws:TagKeys}', 'a', { 'aws:tagkeys': ['a'] }],
    ['puts in no wildcards', '${aws:username}/app', 'bob/app', { 'aws:username': '*' }],
    ['puts in no wildcards of one character', '${aws:username}*', 'bob', { 'aws:username': '?ob' }],
    ['puts in no character that stands for a wildcard', '*/${aws:username}', 'x/bob', { 'aws:username': '\uffff' }],
    ['${*} is no wildcard', 'a${*}', 'ab', {}],
    ['${?} is no wildcard', 'a${?}', 'ab', {}],
  ])('%s', (_, pattern, name, values) => expect(isAllowed({ pattern, name, values })).toBe(false))

  test('is plain text in the older version', () => {
    const asked = { version: '2008-10-17', pattern: '${aws:username}/*', values: alice }
    expect(isAllowed({ ...asked, name: 'alice/app' })).toBe(false)
    expect(isAllowed({ ...asked, name: '${aws:username}/app' })).toBe(true)
    expect(isAllowed({ ...asked, pattern: '${unfinished', name: '${unfinished' })).toBe(true)
  })
})

describe('a variable in a condition', () => {
  const values = { ...alice, 'aws:key': 'alice' }

  test.each([
    ['StringEquals', '${aws:username}'],
    ['StringEqualsIgnoreCase', '${aws:username}'],
    ['StringLike', '${aws:username}*'],
  ])('of %s stands for its value', (operator, text) => {
    const condition = { [operator]: { 'aws:Key': text } }
    expect(isAllowed({ condition, values })).toBe(true)
    expect(isAllowed({ condition, values: { ...values, 'aws:username': 'bob' } })).toBe(false)
    expect(isAllowed({ condition, values: { 'aws:key': 'alice' } })).toBe(false)
  })

  test('may be a whole ARN', () => {
    const condition = { ArnEquals: { 'aws:SourceArn': '${aws:PrincipalArn}' } }
    const arn = 'arn:aws:iam::111122223333:user/alice'
    expect(isAllowed({ condition, values: { 'aws:sourcearn': arn, 'aws:principalarn': arn } })).toBe(true)
    expect(isAllowed({ condition, values: { 'aws:sourcearn': arn, 'aws:principalarn': `${arn}s` } })).toBe(false)
  })

  test('without a value is like nothing, so that a negated operator holds', () => {
    expect(
      isAllowed({ condition: { StringNotEquals: { 'aws:Key': '${aws:username}' } }, values: { 'aws:key': 'x' } }),
    ).toBe(true)
  })

  test('is plain text to operators that compare no texts', () => {
    const condition = { NumericEquals: { 'aws:Key': '${aws:EpochTime}' } }
    expect(isAllowed({ condition, values: { 'aws:key': '7', 'aws:epochtime': '7' } })).toBe(false)
  })
})
