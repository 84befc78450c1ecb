import type { PolicyVersion } from './policy-version.js'
import type { AccessQuestion } from './question.js'
import { type EitherElement, type LocatedValue, refuseAt, textsAt } from './reading.js'
import { isResolved, type Matcher, patternMatcher } from './matcher.js'
import { isPiece, type Template, templateOf, type Variable, variablesIn } from './variables.js'
import { wildcard } from './wildcard.js'

/** Resource or NotResource, compiled. */
export interface ResourceElement {
  readonly isNegated: boolean
  readonly written: readonly string[]
  readonly patterns: readonly Matcher[]
  readonly variables: readonly Variable[]
}

/**
 * Reads Resource or NotResource: `*` or ARNs with wildcards and variables. Throws PolicyError.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_resource.html
 */
export function parseResources({ at, isNegated }: EitherElement, version: PolicyVersion): ResourceElement {
  const texts = textsAt(at).map(resourceAt)
  const templates = texts.map((text) => templateOf(text, version))
  return {
    isNegated,
    written: texts.map(({ value }) => value),
    patterns: templates.flatMap(readings).map((template) => patternMatcher(template, wildcard)),
    variables: templates.flatMap(variablesIn),
  }
}

function resourceAt(at: LocatedValue<string>): LocatedValue<string> {
  if (at.value === '*' || at.value.startsWith('arn:')) return at
  return refuseAt(at, `must be an ARN or *, not ${at.value || 'an empty text'}`)
}

const FIELDS_OF_AN_ARN = 6

/**
 * AWS completes an ARN with too few fields by `*` for each missing one. The ARN as written is matched as well, since a
 * `*` in it may span colons. Colons in the name of a variable do not separate fields.
 */
function readings(template: Template): Template[] {
  const written = template.map((part) => (isPiece(part) ? part.text : '')).join('')
  const missing = FIELDS_OF_AN_ARN - written.split(':').length
  if (written === '*' || missing <= 0) return [template]
  return [template, [...template, { text: ':*'.repeat(missing), isLiteral: false }]]
}

/**
 * Whether the element matches the resource. A text with a variable that cannot be resolved matches nothing, so
 * NotResource would match everything. In that case an Allow does not match and a Deny does, which is the safe choice
 * for each.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html#policy-vars-no-value
 */
export function resourceMatches(element: ResourceElement, question: AccessQuestion, effect: Effect): boolean {
  if (isNamed(element, question)) return !element.isNegated
  return element.isNegated && (effect === 'Deny' || !lacksValue(element, question))
}

/** Whether one of the element's patterns matches the resource. */
export function isNamed({ patterns }: ResourceElement, { resource, conditions }: AccessQuestion): boolean {
  for (const pattern of patterns) if (pattern(resource, conditions)) return true
  return false
}

function lacksValue({ variables }: ResourceElement, { conditions }: AccessQuestion): boolean {
  for (const variable of variables) if (!isResolved(variable, conditions)) return true
  return false
}

type Effect = 'Allow' | 'Deny'
