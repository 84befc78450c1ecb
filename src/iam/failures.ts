import { actionMatches } from './actions.js'
import { type Condition, conditionHolds, hasNoValue, type Operator } from './conditions/condition.js'
import type { Statement } from './policy.js'
import { type AccessQuestion, type RequestFacts, conditionValue, type ConditionValues } from './question.js'
import { isNamed, type ResourceElement, resourceMatches } from './resources.js'
import { principalMatches } from './statement.js'
import type { Variable } from './variables.js'

/** Why a statement does not match the request: one sentence for each element that fails, none where all match. */
export function failuresOf(statement: Statement, facts: RequestFacts): string[] {
  const { actions, effect, principals, resources, conditions } = statement
  const { question } = facts
  const values = question.conditions
  const sentences: string[] = []
  if (!actionMatches(actions, facts)) sentences.push(mismatch('Action', question.action, actions))
  if (principals && !principalMatches(statement, facts)) {
    sentences.push(mismatch('Principal', question.principal.arn, principals))
  }
  if (resources && !resourceMatches(resources, question, effect)) sentences.push(resourceFailure(resources, question))
  const failed = conditions.filter((condition) => !conditionHolds(condition, values))
  return [...sentences, ...failed.map((condition) => conditionFailure(condition, values))]
}

interface Element {
  readonly isNegated: boolean
  readonly written: readonly string[]
}

const mismatch = (name: string, actual: string, { isNegated, written }: Element) =>
  isNegated ? `${name} ${actual} is among Not${name} ${oneOf(written)}` : `${name} ${actual} is not ${oneOf(written)}`

const oneOf = (written: readonly string[]) => written.join(' or ')

function resourceFailure(element: ResourceElement, question: AccessQuestion): string {
  const lacksValue = element.isNegated && !isNamed(element, question)
  const sentence = lacksValue
    ? `NotResource ${oneOf(element.written)} has a variable without a value`
    : mismatch('Resource', question.resource, element)
  return sentence + variablesSentence(element.variables, question.conditions)
}

function conditionFailure(condition: Condition, values: ConditionValues): string {
  const { operator, key, lookup, written, variables } = condition
  const { isNegated, relation } = operator.comparison
  const subject = `Condition ${operator.name} ${key}:`
  const actual = conditionValue(values, lookup)
  const isMissing = actual === undefined || hasNoValue(actual, operator)
  if (operator.asksPresence) return `${subject} the request has ${isMissing ? 'no' : 'a'} value for it`

  const expectation = [relation, oneOf(written)].filter(Boolean).join(' ') + variablesSentence(variables, values)
  if (isMissing)
    return `${subject} the request has no value for it; needed is one that is ${isNegated ? 'not ' : ''}${expectation}`
  return `${subject} ${whatFails(actual, operator)} ${expectation}`
}

function whatFails(actual: string | readonly string[], { set, comparison: { isNegated } }: Operator): string {
  const list = typeof actual === 'string' ? [actual] : actual
  if (list.length === 1) return `${list.join()} ${isNegated ? 'is' : 'is not'}`
  const positive = set === 'ForAllValues' ? 'not every one' : 'none'
  const negated = set === 'ForAnyValue' ? 'every one' : 'one'
  return `${isNegated ? negated : positive} of ${list.join(', ')} is`
}

/** The values of the policy variables, which nothing else in an explanation shows. */
function variablesSentence(variables: readonly Variable[], values: ConditionValues): string {
  if (variables.length === 0) return ''
  const said = [...new Set(variables.map(({ key }) => key))].map((key) => {
    const value = conditionValue(values, key)
    return typeof value === 'string' ? `${key} is ${value}` : `${key} has no single value`
  })
  return ` (${said.join(', ')})`
}
