import { type Matcher, patternMatcher, type Test, textMatcher } from '../matcher.js'
import type { Template } from '../variables.js'
import { arnWildcard, wildcard } from '../wildcard.js'
import { addressRange, isAddressRange, readBinary, readDate, readNumber } from './values.js'

/** What an operator compares, before Not, IfExists and the set operators. */
export interface Comparison {
  /** What stands between the two values in a sentence, after "is" or "is not". */
  readonly relation: string
  readonly isNegated: boolean
  /** Only texts and ARNs know variables. */
  readonly takesVariables: boolean
  /** The values it can compare with; where absent, any text. */
  readonly accepts?: Accepted | undefined
  readonly compile: (value: Template) => Matcher
}

/** What may stand as the value of an operator. */
export interface Accepted {
  readonly test: (value: string) => boolean
  /** What it is called, after "must be". */
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

type Holds = (actual: number, asked: number) => boolean

function ordered(kind: string, read: (text: string) => number | undefined, wanted: string): Entry[] {
  const accepts = { test: (value: string) => read(value) !== undefined, wanted }
  const compared = (holds: Holds) =>
    text((value) => {
      const asked = read(value)
      return (actual) => {
        const given = read(actual)
        return asked !== undefined && given !== undefined && holds(given, asked)
      }
    })
  const than = (name: string, relation: string, holds: Holds) =>
    oneWay(`${kind}${name}`, relation, compared(holds), accepts)
  const equal = compared((actual, asked) => actual === asked)
  return [
    ...bothWays(`${kind}Equals`, `${kind}NotEquals`, '', false, equal, accepts),
    than('LessThan', 'less than', (actual, asked) => actual < asked),
    than('LessThanEquals', 'at most', (actual, asked) => actual <= asked),
    than('GreaterThan', 'greater than', (actual, asked) => actual > asked),
    than('GreaterThanEquals', 'at least', (actual, asked) => actual >= asked),
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
