import { type Matcher, patternMatcher, type Test, textMatcher } from '../matcher.js'
import type { Template } from '../variables.js'
import { arnWildcard, wildcard } from '../wildcard.js'
import { addressRange, isAddressRange, readBinary, readDate, readNumber } from './values.js'

/** How an operator compares two values, without IfExists and the set operators. */
export interface Comparison {
  /** The words between the two values in a sentence, after "is" or "is not". */
  readonly relation: string
  readonly isNegated: boolean
  /** Only operators on texts and ARNs resolve policy variables. */
  readonly takesVariables: boolean
  /** The values it can be compared with; absent where any text can. */
  readonly accepts?: Accepted | undefined
  readonly compile: (value: Template) => Matcher
}

/** The values an operator accepts in a policy. */
export interface Accepted {
  readonly test: (value: string) => boolean
  /** Their description, after "must be". */
  readonly wanted: string
}

const RANGE: Accepted = { test: isAddressRange, wanted: 'an address or a range such as 203.0.113.0/24' }

/**
 * Every operator by its name in lower case.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
 */
export const comparisons: ReadonlyMap<string, Comparison> = new Map([
  ...bothWays('StringEquals', 'StringNotEquals', '', true, text(same)),
  ...bothWays('StringEqualsIgnoreCase', 'StringNotEqualsIgnoreCase', '', true, text(sameIgnoringCase)),
  ...bothWays('StringLike', 'StringNotLike', 'like', true, pattern(wildcard)),
  ...ordered('Numeric', readNumber, 'a number'),
  ...ordered('Date', readDate, 'a date such as 2026-01-31T00:00:00Z or the seconds since 1970'),
  ...bothWays('IpAddress', 'NotIpAddress', 'in', false, text(addressRange), RANGE),
  // AWS: "ArnEquals and ArnLike behave identically", and so do their opposites.
  ...bothWays('ArnEquals', 'ArnNotEquals', 'like', true, pattern(arnWildcard)),
  ...bothWays('ArnLike', 'ArnNotLike', 'like', true, pattern(arnWildcard)),
  oneWay('Bool', '', text(sameIgnoringCase)),
  oneWay('BinaryEquals', '', text(sameBytes)),
  oneWay('Null', '', text(sameIgnoringCase)),
])

type Compile = Comparison['compile']
type Entry = [string, Comparison]

function oneWay(name: string, relation: string, compile: Compile, accepts?: Accepted): Entry {
  return [name.toLowerCase(), { relation, isNegated: false, takesVariables: false, compile, accepts }]
}

function bothWays(
  ...[name, not, relation, takesVariables, compile, accepts]: [string, string, string, boolean, Compile, Accepted?]
): Entry[] {
  const comparison = { relation, takesVariables, compile, accepts }
  return [
    [name.toLowerCase(), { ...comparison, isNegated: false }],
    [not.toLowerCase(), { ...comparison, isNegated: true }],
  ]
}

type Holds = (actual: number, expected: number) => boolean

function ordered(kind: string, read: (text: string) => number | undefined, wanted: string): Entry[] {
  const accepts = { test: (value: string) => read(value) !== undefined, wanted }
  const compared = (holds: Holds) =>
    text((value) => {
      const expected = read(value)
      return (actual) => {
        const value = read(actual)
        return expected !== undefined && value !== undefined && holds(value, expected)
      }
    })
  const than = (name: string, relation: string, holds: Holds) =>
    oneWay(`${kind}${name}`, relation, compared(holds), accepts)
  const equal = compared((actual, expected) => actual === expected)
  return [
    ...bothWays(`${kind}Equals`, `${kind}NotEquals`, '', false, equal, accepts),
    than('LessThan', 'less than', (actual, expected) => actual < expected),
    than('LessThanEquals', 'at most', (actual, expected) => actual <= expected),
    than('GreaterThan', 'greater than', (actual, expected) => actual > expected),
    than('GreaterThanEquals', 'at least', (actual, expected) => actual >= expected),
  ]
}

function text(make: (value: string) => Test): Compile {
  return (template) => textMatcher(template, make)
}

function pattern(make: (value: string) => Test): Compile {
  return (template) => patternMatcher(template, make)
}

function same(value: string): Test {
  return (actual) => actual === value
}

function sameIgnoringCase(value: string): Test {
  const lower = value.toLowerCase()
  return (actual) => actual.toLowerCase() === lower
}

function sameBytes(value: string): Test {
  const bytes = readBinary(value)
  return (actual) => readBinary(actual) === bytes
}
