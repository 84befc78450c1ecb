import type { PolicyVersion } from '../policy-version.js'
import { conditionValue, type ConditionValues } from '../question.js'
import { filledListAt, type LocatedValue, memberOf, describeValue, objectAt, refuseAt } from '../reading.js'
import { type Matcher } from '../matcher.js'
import { templateOf, type Variable, variablesIn } from '../variables.js'
import { type Comparison, comparisons } from './operators.js'

/** One operator on one key. It holds if any of the values matches; for a negated operator, if none does. */
export interface Condition {
  readonly operator: Operator
  /** As written. */
  readonly key: string
  /** In lower case. */
  readonly lookup: string
  readonly written: readonly string[]
  readonly tests: readonly Matcher[]
  readonly variables: readonly Variable[]
}

/** An operator with its prefix and suffix. */
export interface Operator {
  /** As written. */
  readonly name: string
  readonly comparison: Comparison
  readonly set: 'ForAllValues' | 'ForAnyValue' | undefined
  /** The result for a key that has no value in the request. */
  readonly ifMissing: boolean
  /** Set for the Null operator, which checks whether the key has a value. */
  readonly asksPresence: boolean
}

const OPERATOR = /^(?:(forallvalues|foranyvalue):)?([a-z]+?)(ifexists)?$/

/**
 * Reads the Condition element. Throws PolicyError.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition.html
 */
export function parseConditions(at: LocatedValue, version: PolicyVersion): Condition[] {
  if (at.value === undefined) return []
  const operators = objectAt(at)
  return Object.keys(operators.value).flatMap((name) => {
    const block = memberOf(operators, name)
    const operator = operatorOf({ value: name, path: block.path })
    const keys = objectAt(block)
    return Object.keys(keys.value).map((key) => conditionOf(operator, key, memberOf(keys, key), version))
  })
}

function operatorOf(at: LocatedValue<string>): Operator {
  const [, prefix, base = '', suffix] = OPERATOR.exec(at.value.toLowerCase()) ?? []
  const comparison = comparisons.get(base)
  if (!comparison) return refuseAt(at, 'is not a condition operator such as StringEquals')
  const asksPresence = base === 'null'
  if (asksPresence && suffix) refuseAt(at, 'must be Null: it asks already whether the key exists')
  const set = prefix && (prefix === 'forallvalues' ? 'ForAllValues' : 'ForAnyValue')
  const ifMissing = suffix !== undefined || (set ? set === 'ForAllValues' : comparison.isNegated)
  return { name: at.value, comparison, set: set === '' ? undefined : set, ifMissing, asksPresence }
}

function conditionOf(operator: Operator, key: string, at: LocatedValue, version: PolicyVersion): Condition {
  if (!/^[^:]+:./.test(key)) refuseAt(at, 'must be a condition key with its prefix, such as aws:SourceIp')
  const texts = filledListAt(at).map(valueAt)
  for (const text of texts) checkValue(text, operator)
  const templates = texts.map((text) => templateOf(text, operator.comparison.takesVariables ? version : '2008-10-17'))
  return {
    operator,
    key,
    lookup: key.toLowerCase(),
    written: texts.map(({ value }) => value),
    tests: templates.map((template) => operator.comparison.compile(template)),
    variables: templates.flatMap(variablesIn),
  }
}

function valueAt({ value, path }: LocatedValue): LocatedValue<string> {
  if (typeof value === 'string') return { value, path }
  if (typeof value === 'number' || typeof value === 'boolean') return { value: String(value), path }
  return refuseAt({ value, path }, `must be a text, a number or a boolean, not ${describeValue(value)}`)
}

/** Refuses a value the operator can never match. A value with a variable is not checked. */
function checkValue(at: LocatedValue<string>, { name, comparison: { accepts } }: Operator): void {
  if (!accepts || at.value.includes('${') || accepts.test(at.value)) return
  refuseAt(at, `must be ${accepts.wanted} for ${name}, not ${describeValue(at.value)}`)
}

/**
 * Whether the condition holds. Without a set operator a multi-valued key is treated as with ForAnyValue, and with a
 * negated operator none of its values may match. If a policy variable cannot be resolved, the comparison is false, so a
 * negated operator is true, also in an Allow.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-single-vs-multi-valued-context-keys.html
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html#policy-vars-no-value
 */
export function conditionHolds({ operator, lookup, tests }: Condition, values: ConditionValues): boolean {
  const actual = conditionValue(values, lookup)
  const isMissing = hasNoValue(actual, operator)
  if (operator.asksPresence) return isOneOf(String(isMissing), tests, values)
  if (isMissing || actual === undefined) return operator.ifMissing

  const { isNegated } = operator.comparison
  if (typeof actual === 'string') return isOneOf(actual, tests, values) !== isNegated
  const isOk = (value: string) => isOneOf(value, tests, values) !== isNegated
  const all = operator.set ? operator.set === 'ForAllValues' : isNegated
  return all ? actual.every(isOk) : actual.some(isOk)
}

/** Whether a key has no value for an operator. Set operators treat a list of empty texts as empty. */
export function hasNoValue(actual: ConditionValues[string], { set }: Operator): boolean {
  if (actual === undefined) return true
  if (typeof actual === 'string') return set !== undefined && actual === ''
  return set === undefined ? actual.length === 0 : actual.every((value) => value === '')
}

function isOneOf(actual: string, tests: readonly Matcher[], values: ConditionValues): boolean {
  for (const test of tests) if (test(actual, values)) return true
  return false
}
