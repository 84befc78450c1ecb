import { describe, expect, it } from 'vitest'
import { everyViolation } from '../../src/smithy/every-violation.js'
import { inputOf } from '../../src/smithy/model.js'

const role = { RoleArn: 'arn:aws:iam::123456789012:role/ci', RoleSessionName: 'session' }
const violations = (input: object) =>
  everyViolation(inputOf('AssumeRole'), input).map(({ path, value, broken }) => ({
    path: path.join('.'),
    value,
    broken,
  }))

describe('everyViolation', () => {
  it.each([
    ['the required members alone', role],
    ['members that the model does not have', { ...role, Other: 1 }],
    ['limits that are reached', { ...role, DurationSeconds: 43_200, Tags: [{ Key: 'k'.repeat(128), Value: '' }] }],
    [
      'letters of any language where the pattern has a class for them',
      { ...role, Tags: [{ Key: 'ü', Value: '漢字' }] },
    ],
    ['astral letters, each counted once', { ...role, Tags: [{ Key: '𠮷'.repeat(128), Value: '' }] }],
  ])('accepts %s', (_, input) => {
    expect(violations(input)).toEqual([])
  })

  it('names all violations of an input in model order', () => {
    expect(violations({ Tags: [{ Key: '<' }], DurationSeconds: 1, RoleSessionName: '!' })).toEqual([
      { path: 'RoleArn', value: undefined, broken: { kind: 'required' } },
      { path: 'RoleSessionName', value: '!', broken: { kind: 'min-length', limit: 2 } },
      { path: 'RoleSessionName', value: '!', broken: { kind: 'pattern', pattern: '[\\w+=,.@-]*' } },
      { path: 'DurationSeconds', value: 1, broken: { kind: 'min-value', limit: 900 } },
      {
        path: 'Tags.0.Key',
        value: '<',
        broken: { kind: 'pattern', pattern: '[\\p{L}\\p{Z}\\p{N}_.:/=+\\-@]*' },
      },
      { path: 'Tags.0.Value', value: undefined, broken: { kind: 'required' } },
    ])
  })

  it('refuses a text where a number belongs', () => {
    expect(violations({ ...role, DurationSeconds: 'an hour' })).toMatchObject([{ broken: { kind: 'type' } }])
  })

  it('validates of a list that is too long only as many items as it may have', () => {
    const TransitiveTagKeys = Array.from({ length: 10_000 }, () => '<')
    expect(violations({ ...role, TransitiveTagKeys })).toHaveLength(1 + 50)
  })

  it('refuses an item of a list that has no value', () => {
    expect(violations({ ...role, TransitiveTagKeys: [undefined] })).toEqual([
      { path: 'TransitiveTagKeys.0', value: undefined, broken: { kind: 'required' } },
    ])
  })
})
