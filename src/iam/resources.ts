import type { PolicyVersion } from './policy-version.js'
import type { AccessQuestion } from './question.js'
import { type Either, type Located, refuse, textsAt } from './reading.js'
import { type Matcher, patternMatcher } from './matcher.js'
import { templateOf, variablesIn } from './variables.js'
import { wildcard } from './wildcard.js'

/** Resource or NotResource, compiled. */
export interface ResourceElement {
  readonly isNegated: boolean
  readonly written: readonly string[]
  readonly patterns: readonly Matcher[]
  /** Condition keys that its variables ask for. */
  readonly variables: readonly string[]
}

/**
 * Reads Resource or NotResource: `*` or ARNs with wildcards and variables. Throws PolicyError.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_resource.html
 */
export function parseResources({ at, isNegated }: Either, version: PolicyVersion): ResourceElement {
  const texts = textsAt(at).map(resourceAt)
  const templates = texts.map((text) => templateOf(text, version))
  return {
    isNegated,
    written: texts.map(({ value }) => value),
    patterns: templates.map((template) => patternMatcher(template, wildcard)),
    variables: templates.flatMap(variablesIn),
  }
}

function resourceAt(at: Located<string>): Located<string> {
  if (at.value === '*' || at.value.startsWith('arn:')) return at
  return refuse(at, `must be an ARN or *, not ${at.value || 'an empty text'}`)
}

/** Whether the statement speaks of the resource. */
export function resourceMatches(
  { isNegated, patterns }: ResourceElement,
  { resource, conditions }: AccessQuestion,
): boolean {
  for (const pattern of patterns) if (pattern(resource, conditions)) return !isNegated
  return isNegated
}
