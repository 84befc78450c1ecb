import { describe, expect, test } from 'vitest'
import { conditionHolds, parseConditions } from '../../src/iam/conditions/condition.js'
import type { ConditionValues } from '../../src/iam/policy.js'

type Value = string | number | boolean

/** Whether one operator holds for the key `aws:Key`. */
function holds(
  operator: string,
  asked: Value | Value[],
  actual: string | string[] | undefined,
  more: ConditionValues = {},
) {
  const element = { [operator]: { 'aws:Key': asked } }
  const [condition] = parseConditions({ value: element, path: '' }, '2012-10-17')
  return conditionHolds(condition!, { 'aws:key': actual, ...more })
}

/** Values for operators that do not accept every text. */
const VALUES: Readonly<Record<string, string>> = { Numeric: '5', Date: '2026-01-01', Ip: '10.0.0.0/8' }

const base64 = (text: string) => Buffer.from(text).toString('base64')
const alice = 'arn:aws:iam::111122223333:user/alice'

describe('Condition operators', () => {
  test.each<[string, Value | Value[], string]>([
    ['StringEquals', 'a', 'a'],
    ['StringEquals', ['b', 'a'], 'a'],
    ['StringEquals', 5, '5'],
    ['stringequals', 'a', 'a'],
    ['StringEquals', 'a*', 'a*'],
    ['StringEquals', '', ''],
    ['StringNotEquals', ['b', 'c'], 'a'],
    ['StringNotEquals', 'a', 'A'],
    ['StringEqualsIgnoreCase', 'aB', 'Ab'],
    ['StringNotEqualsIgnoreCase', 'a', 'b'],
    ['StringLike', 'a?c*', 'abcd'],
    ['StringNotLike', 'a*', 'b'],
    ['NumericEquals', 5, '5.0'],
    ['NumericEquals', '-1.5e1', '-15'],
    ['NumericNotEquals', 5, '6'],
    ['NumericLessThan', 5, '4.99'],
    ['NumericLessThanEquals', 5, '5'],
    ['NumericGreaterThan', 5, '10'],
    ['NumericGreaterThanEquals', 5, '5'],
    ['DateEquals', '2026-01-01T00:00:00Z', '1767225600'],
    ['DateEquals', '2026-01-01', '2026-01-01T02:00:00+0200'],
    ['DateEquals', '2026', '2026-01-01T00:00:00.000Z'],
    ['DateEquals', '2026-01-01T00:00Z', '2026-01-01T00:00:00'],
    ['DateNotEquals', '2026-01-01', '2026-01-02'],
    ['DateLessThan', '2026-01-02T00:00:00Z', '2026-01-01T23:59:59Z'],
    ['DateLessThanEquals', 1767225600, '2026-01-01T00:00:00Z'],
    ['DateGreaterThan', '2026-01-01T00:00:00Z', '2026-01-01T00:00:00.001Z'],
    ['DateGreaterThanEquals', '2026-01-01T00:00:00Z', '1767225600'],
    ['Bool', true, 'true'],
    ['Bool', 'FALSE', 'false'],
    ['BinaryEquals', base64('key'), base64('key')],
    ['IpAddress', '203.0.113.0/24', '203.0.113.255'],
    ['IpAddress', ['10.0.0.0/8', '192.0.2.7'], '192.0.2.7'],
    ['IpAddress', '203.0.113.200/25', '203.0.113.129'],
    ['IpAddress', '0.0.0.0/0', '255.255.255.255'],
    ['IpAddress', '2001:db8::/33', '2001:DB8:7fff:0:0:0:0:1'],
    ['IpAddress', '2001:db8::7', '2001:db8:0::7'],
    ['NotIpAddress', '203.0.113.0/24', '203.0.114.0'],
    ['NotIpAddress', ['10.0.0.0/8', '2001:db8::/32'], '2001:db9::1'],
    ['ArnEquals', 'arn:aws:iam::*:user/*', alice],
    ['ArnLike', alice, alice],
    ['ArnNotEquals', 'arn:aws:iam::*:role/*', alice],
    ['ArnNotLike', 'arn:aws:iam::44*:user/*', alice],
  ])('%s %j holds for %s', (operator, asked, actual) => expect(holds(operator, asked, actual)).toBe(true))

  test.each<[string, Value | Value[], string]>([
    ['StringEquals', 'a', 'A'],
    ['StringEquals', 'a*', 'ab'],
    ['StringNotEquals', ['b', 'a'], 'a'],
    ['StringEqualsIgnoreCase', 'a', 'ab'],
    ['StringNotEqualsIgnoreCase', 'a', 'A'],
    ['StringLike', 'a?c*', 'ac'],
    ['StringLike', 'A*', 'a'],
    ['StringNotLike', ['b', 'a*'], 'ab'],
    ['NumericEquals', 5, '5.1'],
    ['NumericEquals', 0, ''],
    ['NumericEquals', 16, '0x10'],
    ['NumericEquals', '${x}', '${x}'],
    ['NumericNotEquals', 5, '5'],
    ['NumericLessThan', 5, '5'],
    ['NumericLessThan', 5, 'x'],
    ['NumericLessThanEquals', 5, '5.01'],
    ['NumericGreaterThan', 5, '5'],
    ['NumericGreaterThan', '10', '9'],
    ['NumericGreaterThanEquals', 5, '4.9'],
    ['DateEquals', '2026-01-01', '2026-01-02'],
    ['DateEquals', '2026-01-01', '2026-13-01'],
    ['DateNotEquals', '2026-01-01', '2026-01-01T00:00:00Z'],
    ['DateLessThan', '2026-01-01', '2026-01-01'],
    ['DateLessThan', '2026-01-01', 'yesterday'],
    ['DateLessThanEquals', '2026-01-01', '2026-01-01T00:00:01Z'],
    ['DateGreaterThan', '2026-01-01', '2026-01-01'],
    ['DateGreaterThanEquals', '2026-01-01', '2025-12-31'],
    ['Bool', true, 'false'],
    ['Bool', true, '1'],
    ['BinaryEquals', base64('key'), base64('Key')],
    ['IpAddress', '203.0.113.0/24', '203.0.114.0'],
    ['IpAddress', '203.0.113.7', '203.0.113.8'],
    ['IpAddress', '2001:db8::/33', '2001:db8:8000::1'],
    ['IpAddress', '::/0', '203.0.113.7'],
    ['IpAddress', '0.0.0.0/0', '::1'],
    ['IpAddress', '0.0.0.0/0', '203.0.113'],
    ['IpAddress', '0.0.0.0/0', '203.0.113.256'],
    ['IpAddress', '0.0.0.0/0', '203.0.113.7.1'],
    ['IpAddress', '0.0.0.0/0', 'example.com'],
    ['NotIpAddress', ['10.0.0.0/8', '203.0.113.0/24'], '203.0.113.9'],
    ['ArnEquals', 'arn:aws:iam::*:role/*', alice],
    ['ArnLike', '*', alice],
    ['ArnNotEquals', 'arn:aws:iam::*:user/*', alice],
    ['ArnNotLike', ['arn:aws:iam::*:role/*', alice], alice],
  ])('%s %j does not hold for %s', (operator, asked, actual) => expect(holds(operator, asked, actual)).toBe(false))

  test('A negated operator holds for a value that it cannot read', () => {
    expect(holds('NumericNotEquals', 5, 'five')).toBe(true)
    expect(holds('NotIpAddress', '10.0.0.0/8', 'example.com')).toBe(true)
  })
})

describe('Condition keys without a value', () => {
  test.each<[string, boolean]>([
    ['StringEquals', false],
    ['StringNotEquals', true],
    ['StringLike', false],
    ['NumericLessThan', false],
    ['NumericNotEquals', true],
    ['DateNotEquals', true],
    ['Bool', false],
    ['BinaryEquals', false],
    ['IpAddress', false],
    ['NotIpAddress', true],
    ['ArnLike', false],
    ['ArnNotLike', true],
    ['StringEqualsIfExists', true],
    ['BoolIfExists', true],
    ['StringNotEqualsIfExists', true],
    ['ForAllValues:StringEquals', true],
    ['ForAllValues:StringNotEquals', true],
    ['ForAnyValue:StringEquals', false],
    ['ForAnyValue:StringNotEquals', false],
    ['ForAnyValue:StringEqualsIfExists', true],
  ])('A key without a value or with an empty list makes %s %s', (operator, expected) => {
    const asked = VALUES[/Numeric|Date|Ip/.exec(operator)?.[0] ?? ''] ?? 'true'
    expect(holds(operator, asked, undefined)).toBe(expected)
    expect(holds(operator, asked, [])).toBe(expected)
  })

  test('Null checks whether a key has a value', () => {
    expect([holds('Null', 'true', undefined), holds('Null', 'true', []), holds('Null', true, 'x')]).toEqual([
      true,
      true,
      false,
    ])
    expect([holds('Null', 'false', undefined), holds('Null', false, 'x'), holds('Null', false, '')]).toEqual([
      false,
      true,
      true,
    ])
    expect(holds('Null', ['true', 'false'], 'x')).toBe(true)
  })

  test('The set operators treat a key with an empty text as a key without a value', () => {
    expect([holds('ForAllValues:StringEquals', 'a', ''), holds('ForAllValues:StringEquals', 'a', [''])]).toEqual([
      true,
      true,
    ])
    expect([holds('ForAnyValue:StringNotEquals', 'a', ''), holds('ForAnyValue:StringLike', '*', '')]).toEqual([
      false,
      false,
    ])
  })
})

describe('Condition keys with several values', () => {
  test.each<[string, string[], boolean]>([
    ['ForAllValues:StringEquals', ['a', 'b'], true],
    ['ForAllValues:StringEquals', ['a', 'c'], false],
    ['ForAllValues:StringNotEquals', ['c', 'd'], true],
    ['ForAllValues:StringNotEquals', ['a', 'c'], false],
    ['ForAnyValue:StringEquals', ['a', 'c'], true],
    ['ForAnyValue:StringEquals', ['c', 'd'], false],
    ['ForAnyValue:StringNotEquals', ['a', 'c'], true],
    ['ForAnyValue:StringNotEquals', ['a', 'b'], false],
    ['forallvalues:stringlikeifexists', ['a', 'b'], true],
    ['StringEquals', ['c', 'b'], true],
    ['StringEquals', ['c', 'd'], false],
    ['StringNotEquals', ['c', 'd'], true],
    ['StringNotEquals', ['c', 'b'], false],
    ['StringEqualsIfExists', ['c'], false],
  ])('%s with the values a or b, for the key values %j, is %s', (operator, actual, expected) => {
    expect(holds(operator, ['a', 'b'], actual)).toBe(expected)
  })
})

describe('Conditions with several operators and keys', () => {
  test('Every operator and key is a separate condition', () => {
    const element = { StringEquals: { 'aws:A': 'x', 'aws:B': ['y', 'z'] }, Bool: { 'aws:C': 'true' } }
    const conditions = parseConditions({ value: element, path: '' }, '2012-10-17')
    expect(conditions.map(({ operator, key, written }) => [operator.name, key, ...written])).toEqual([
      ['StringEquals', 'aws:A', 'x'],
      ['StringEquals', 'aws:B', 'y', 'z'],
      ['Bool', 'aws:C', 'true'],
    ])
  })
})
