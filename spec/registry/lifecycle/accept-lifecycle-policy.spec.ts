import { describe, expect, it } from 'vitest'
import { acceptLifecyclePolicy } from '../../../src/registry/lifecycle/accept-lifecycle-policy.js'
import { ServiceException } from '../../../src/registry/errors.js'

type Json = Record<string, unknown>

const selection = { tagStatus: 'untagged', countType: 'sinceImagePushed', countUnit: 'days', countNumber: 14 }
const expire = { type: 'expire' }
const archive = { type: 'transition', targetStorageClass: 'archive' }
const rule = (changes: Json = {}, rulePriority = 1): Json => ({ rulePriority, selection, action: expire, ...changes })
const selecting = (changes: Json, rulePriority = 1, action: Json = expire) =>
  rule(
    { selection: { tagStatus: 'any', countType: 'imageCountMoreThan', countNumber: 3, ...changes }, action },
    rulePriority,
  )
const without = (object: Json, name: string) =>
  Object.fromEntries(Object.entries(object).filter(([key]) => key !== name))

const accept = (...rules: unknown[]) => acceptLifecyclePolicy(JSON.stringify({ rules }))

function violationOf(text: string): string {
  try {
    acceptLifecyclePolicy(text)
  } catch (error) {
    if (!(error instanceof ServiceException)) throw error
    expect(error.code).toBe('InvalidParameterException')
    const [, violation] =
      /^Invalid parameter at 'LifecyclePolicyText' failed to satisfy constraint: 'Lifecycle policy validation failure: (.*)'$/s.exec(
        error.message,
      ) ?? []
    return violation ?? `not in the form of the service: ${error.message}`
  }
  return 'accepted'
}

const violationIn = (...rules: unknown[]) => violationOf(JSON.stringify({ rules }))

describe('the text of a lifecycle policy', () => {
  it('is returned without white space between tokens, with the order of its keys kept', () => {
    const text = `
      { "rules": [ { "selection" : { "countNumber": 14, "countUnit":"days",\t"tagStatus":  "untagged",
        "countType": "sinceImagePushed" }, "rulePriority": 1, "description": "older than  14 \\"days\\" \\\\ ",
        "action": { "type": "expire" } } ] }\r\n`
    expect(acceptLifecyclePolicy(text)).toBe(
      '{"rules":[{"selection":{"countNumber":14,"countUnit":"days","tagStatus":"untagged","countType":"sinceImagePushed"},' +
        '"rulePriority":1,"description":"older than  14 \\"days\\" \\\\ ","action":{"type":"expire"}}]}',
    )
  })

  it('keeps the spelling of numbers and escapes', () => {
    const text = JSON.stringify({ rules: [rule({ description: 'x' })] })
      .replace('"x"', '"\\u0078\\/"')
      .replace(':14', ':1.4e1')
    expect(acceptLifecyclePolicy(text)).toBe(text)
  })

  it('is processed in linear time, however long its strings are', () => {
    const text = JSON.stringify({ rules: [rule({ description: '\\" '.repeat(10_000) })] })
    const started = performance.now()
    expect(acceptLifecyclePolicy(text)).toBe(text)
    expect(performance.now() - started).toBeLessThan(1000)
  })
})

describe('a lifecycle policy is accepted', () => {
  it.each([
    [
      'with each count type and action that go together',
      [
        selecting(
          { tagStatus: 'tagged', tagPatternList: ['v*'], countType: 'sinceImagePulled', countUnit: 'days' },
          1,
          archive,
        ),
        selecting({ tagStatus: 'tagged', tagPrefixList: ['v'], countType: 'sinceImagePushed', countUnit: 'days' }, 2),
        selecting({ tagStatus: 'untagged', storageClass: 'standard' }, 3),
        selecting(
          { countType: 'sinceImageTransitioned', countUnit: 'days', countNumber: 90, storageClass: 'archive' },
          4,
        ),
        selecting({}, 5, archive),
      ],
    ],
    [
      'with an untagged rule and the same prefix in each storage class',
      ['standard', 'archive'].flatMap((storageClass, index) => {
        const days = { countUnit: 'days', countNumber: 100, storageClass }
        const countType = index === 0 ? 'sinceImagePushed' : 'sinceImageTransitioned'
        return [
          selecting({ ...days, countType, tagStatus: 'tagged', tagPrefixList: ['v'] }, index * 2 + 1),
          selecting({ ...days, countType, tagStatus: 'untagged' }, index * 2 + 2),
        ]
      }),
    ],
    [
      'with four wildcards in each of several patterns',
      [selecting({ tagStatus: 'tagged', tagPatternList: ['*test*1*2*3', 'test*1*2*3*'] })],
    ],
    [
      'with the same pattern in two rules',
      [
        selecting({ tagStatus: 'tagged', tagPatternList: ['v*'] }),
        selecting({ tagStatus: 'tagged', tagPatternList: ['v*'] }, 2, archive),
      ],
    ],
    [
      'with 50 rules in any order of priority',
      Array.from({ length: 50 }, (_, index) =>
        selecting({ tagStatus: 'tagged', tagPatternList: [`v${index}*`] }, 1000 - index),
      ),
    ],
  ])('%s', (_, rules) => {
    expect(violationIn(...rules)).toBe('accepted')
    expect(accept(...rules)).toBe(JSON.stringify({ rules }))
  })
})

const NOT_ALLOWED = 'object instance has properties which are not allowed by the schema:'
const type = (found: string, allowed: string) =>
  `instance type (${found}) does not match any allowed primitive type (allowed: ["${allowed}"])`
const minimum = (least: number, found: number) =>
  `numeric instance is lower than the required minimum (minimum: ${least}, found: ${found})`

describe('a lifecycle policy is refused in the words of the service', () => {
  it.each([
    ['that is not JSON', 'rules', 'Could not map policyString into LifecyclePolicy.'],
    ['that is an array', '[]', 'Could not map policyString into LifecyclePolicy.'],
    ['that is null', 'null', 'Could not map policyString into LifecyclePolicy.'],
    ['without rules', '{}', 'object has missing required properties (["rules"])'],
    ['with another member', '{"rules":[],"version":1}', `${NOT_ALLOWED} (["version"])`],
    ['whose rules are an object', '{"rules":{}}', type('object', 'array')],
    ['with no rule', '{"rules":[]}', 'array is too short: must have at least 1 elements but instance has 0 elements'],
    ['with __proto__', '{"rules":[],"__proto__":{}}', `${NOT_ALLOWED} (["__proto__"])`],
  ])('%s', (_, text, violation) => expect(violationOf(text)).toBe(violation))

  it.each([
    ['a rule is a string', ['x'], type('string', 'object')],
    ['a rule is empty', [{}], 'object has missing required properties (["action", "rulePriority", "selection"])'],
    ['a rule has unknown members', [rule({ unknown: 1, also: 2 })], `${NOT_ALLOWED} (["also", "unknown"])`],
    ['a priority is 0', [rule({}, 0)], minimum(1, 0)],
    ['a priority is a string', [rule({ rulePriority: '1' })], type('string', 'integer')],
    ['a priority is a fraction', [rule({}, 1.5)], type('number', 'integer')],
    ['a priority exceeds an integer', [rule({}, 2 ** 31)], 'Could not map policyString into LifecyclePolicy.'],
    ['a description is null', [rule({ description: null })], type('null', 'string')],
    ['a selection is null', [rule({ selection: null })], type('null', 'object')],
    [
      'a selection is empty',
      [rule({ selection: {} })],
      'object has missing required properties (["countNumber", "countType", "tagStatus"])',
    ],
    ['a selection has an unknown member', [selecting({ tagSuffixList: [] })], `${NOT_ALLOWED} (["tagSuffixList"])`],
    [
      'a tag status is unknown',
      [selecting({ tagStatus: 'x' })],
      'instance value (x) not found in enum :(possible values: ["any", "tagged", "untagged"])',
    ],
    ['a count is 0', [selecting({ countNumber: 0 })], minimum(1, 0)],
    ['a count is a string', [selecting({ countNumber: '3' })], type('string', 'integer')],
    [
      'a count exceeds an integer',
      [selecting({ countNumber: 2 ** 31 })],
      'Could not map policyString into LifecyclePolicy.',
    ],
    ['a list of tags is a string', [selecting({ tagPrefixList: 'v' })], type('string', 'array')],
    [
      'a list of tags is empty',
      [selecting({ tagPatternList: [] })],
      'array is too short: must have at least 1 elements but instance has 0 elements',
    ],
    ['a tag is a number', [selecting({ tagPatternList: [1] })], type('integer', 'string')],
    ['an action is empty', [rule({ action: {} })], 'object has missing required properties (["type"])'],
    [
      'an action is unknown',
      [rule({ action: { type: 'keep' } })],
      'instance value (keep) not found in enum :(possible values: ["expire", "transition"])',
    ],
    [
      'an action has an unknown member',
      [rule({ action: { type: 'expire', when: 'now' } })],
      `${NOT_ALLOWED} (["when"])`,
    ],
    [
      'there are 51 rules',
      Array.from({ length: 51 }, (_, index) => rule({}, index + 1)),
      'array is too long: must have at most 50 elements but instance has 51 elements',
    ],
  ])('if %s', (_, rules, violation) => expect(violationIn(...rules)).toBe(violation))

  it.each([
    ['the count type is unknown', { countType: 'imageCountMoreThanN' }],
    ['the count type is null', { countType: null }],
    ['images are counted in days', { countUnit: 'days' }],
    ['the count unit is null', { countUnit: null }],
    ['days have no unit', { countType: 'sinceImagePushed' }],
    ['days since a pull have no unit', { countType: 'sinceImagePulled' }],
    ['the unit is weeks', { countType: 'sinceImagePushed', countUnit: 'weeks' }],
    ['archived images are counted', { storageClass: 'archive' }],
    ['the storage class is null', { storageClass: null }],
    [
      'days since the transition have no storage class',
      { countType: 'sinceImageTransitioned', countUnit: 'days', countNumber: 90 },
    ],
    [
      'days since the transition are in the standard class',
      { countType: 'sinceImageTransitioned', countUnit: 'days', countNumber: 90, storageClass: 'standard' },
    ],
  ])('if %s, for no kind of selection matches', (_, changes) => {
    expect(violationIn(selecting(changes))).toBe('instance failed to match exactly one schema (matched 0 out of 4)')
  })

  it.each([
    ['an expiry has a target', { type: 'expire', targetStorageClass: 'archive' }],
    ['an expiry has a target of null', { type: 'expire', targetStorageClass: null }],
    ['a transition has no target', { type: 'transition' }],
    ['a transition is to the standard class', { type: 'transition', targetStorageClass: 'standard' }],
  ])('if %s, for no kind of action matches', (_, action) => {
    expect(violationIn(rule({ action }))).toBe('instance failed to match exactly one schema (matched 0 out of 2)')
  })
})

describe('the rules of a lifecycle policy are refused together', () => {
  const tagged = { tagStatus: 'tagged' }
  const transitioned = {
    countType: 'sinceImageTransitioned',
    countUnit: 'days',
    countNumber: 90,
    storageClass: 'archive',
  }
  it.each([
    [
      'a priority is used twice',
      [selecting({ tagStatus: 'untagged' }), selecting({})],
      'Only one rule can have rulePriority=1.',
    ],
    [
      'two select untagged images',
      [rule(), rule({}, 2)],
      'Only one rule can select Untagged images per storage class.',
    ],
    [
      'a rule for any image is not the last',
      [selecting({}), rule({}, 2)],
      'Rule for tagStatus=ANY must have the lowest priority per storage class',
    ],
    [
      'two are for any image',
      [selecting({}), selecting({}, 2)],
      'Rule for tagStatus=ANY must have the lowest priority per storage class',
    ],
    [
      'a rule for tagged images has no tags',
      [selecting(tagged)],
      'Must specify tagPrefixList or tagPatternList when tagStatus=TAGGED.',
    ],
    [
      'a rule for untagged images has tags',
      [selecting({ tagStatus: 'untagged', tagPrefixList: ['v'] })],
      'Must not specify tagPrefixList or tagPatternList when tagStatus=UNTAGGED.',
    ],
    [
      'a rule for any image has tags',
      [selecting({ tagPatternList: ['v'] })],
      'Must not specify tagPrefixList or tagPatternList when tagStatus=ANY.',
    ],
    [
      'a rule has prefixes and patterns',
      [selecting({ ...tagged, tagPrefixList: ['v'], tagPatternList: ['w'] })],
      'Must specify only one of tagPrefixList and tagPatternList.',
    ],
    [
      'a pattern has five wildcards',
      [selecting({ ...tagged, tagPatternList: ['a', 'test*1*2*3*4*5'] })],
      'The tag pattern test*1*2*3*4*5 has more than 4 wildcards.',
    ],
    [
      'two have the same prefix',
      [selecting({ ...tagged, tagPrefixList: ['a', 'v'] }), selecting({ ...tagged, tagPrefixList: ['v', 'b'] }, 2)],
      'Only one rule can select the tag prefix v per storage class.',
    ],
    [
      'images not pulled expire',
      [selecting({ countType: 'sinceImagePulled', countUnit: 'days' })],
      'The action type must be transition when countType=sinceImagePulled.',
    ],
    [
      'archived images are archived',
      [selecting(transitioned, 1, archive)],
      'The action type must be expire when countType=sinceImageTransitioned.',
    ],
    ['archived images expire before 90 days', [selecting({ ...transitioned, countNumber: 89 })], minimum(90, 89)],
  ])('if %s', (_, rules, violation) => expect(violationIn(...rules)).toBe(violation))

  it('accepts a prefix twice in one list', () => {
    expect(violationIn(selecting({ ...tagged, tagPrefixList: ['v', 'v'] }))).toBe('accepted')
  })

  it.each(['rulePriority', 'selection', 'action'])('misses %s', (name) => {
    expect(violationIn(without(rule(), name))).toBe(`object has missing required properties (["${name}"])`)
  })
})
