import { type Matcher, patternMatcher, type Test, textMatcher } from '../matcher.js'
import type { Template } from '../variables.js'
import { arnWildcard, wildcard } from '../wildcard.js'
import { addressRange, readBinary, readDate, readNumber } from './values.js'

/** What an operator compares, before Not, IfExists and the set operators. */
export interface Comparison {
  /** What stands between the two values in a sentence, after "is" or "is not". */
  readonly relation: string
  readonly isNegated: boolean
  /** Only texts and ARNs know variables. */
  readonly takesVariables: boolean
  readonly compile: (value: Template) => Matcher
}

/**
 * Every operator by its name in lower case.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
 */
export const comparisons: ReadonlyMap<string, Comparison> = new Map([
  ...bothWays('StringEquals', 'StringNotEquals', '', true, text(same)),
  ...bothWays('StringEqualsIgnoreCase', 'StringNotEqualsIgnoreCase', '', true, text(sameIgnoringCase)),
  ...bothWays('StringLike', 'StringNotLike', 'like', true, pattern(wildcard)),
  ...ordered('Numeric', readNumber),
  ...ordered('Date', readDate),
  ...bothWays('IpAddress', 'NotIpAddress', 'in', false, text(addressRange)),
  // AWS: "ArnEquals and ArnLike behave identically", and so do their opposites.
  ...bothWays('ArnEquals', 'ArnNotEquals', 'like', true, pattern(arnWildcard)),
  ...bothWays('ArnLike', 'ArnNotLike', 'like', true, pattern(arnWildcard)),
  oneWay('Bool', '', text(sameIgnoringCase)),
  oneWay('BinaryEquals', '', text(sameBytes)),
  oneWay('Null', '', text(sameIgnoringCase)),
])

type Compile = Comparison['compile']
type Entry = [string, Comparison]

function oneWay(name: string, relation: string, compile: Compile): Entry {
  return [name.toLowerCase(), { relation, isNegated: false, takesVariables: false, compile }]
}

function bothWays(name: string, not: string, relation: string, takesVariables: boolean, compile: Compile): Entry[] {
  const comparison = { relation, takesVariables, compile }
  return [
    [name.toLowerCase(), { ...comparison, isNegated: false }],
    [not.toLowerCase(), { ...comparison, isNegated: true }],
  ]
}

function ordered(kind: string, read: (text: string) => number | undefined): Entry[] {
  const compared = (holds: (actual: number, asked: number) => boolean) =>
    text((value) => {
      const asked = read(value)
      return (actual) => {
        const given = read(actual)
        return asked !== undefined && given !== undefined && holds(given, asked)
      }
    })
  return [
    ...bothWays(
      `${kind}Equals`,
      `${kind}NotEquals`,
      '',
      false,
      compared((actual, asked) => actual === asked),
    ),
    oneWay(
      `${kind}LessThan`,
      'less than',
      compared((actual, asked) => actual < asked),
    ),
    oneWay(
      `${kind}LessThanEquals`,
      'at most',
      compared((actual, asked) => actual <= asked),
    ),
    oneWay(
      `${kind}GreaterThan`,
      'greater than',
      compared((actual, asked) => actual > asked),
    ),
    oneWay(
      `${kind}GreaterThanEquals`,
      'at least',
      compared((actual, asked) => actual >= asked),
    ),
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
