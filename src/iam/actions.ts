import { type EitherElement, type LocatedValue, refuseAt, textsAt } from './reading.js'
import type { RequestFacts } from './question.js'
import { type Test, withWildcards } from './matcher.js'
import { wildcard } from './wildcard.js'

/** Action or NotAction, compiled. */
export interface ActionElement {
  readonly isNegated: boolean
  readonly written: readonly string[]
  /** Actions written out, in lower case. */
  readonly names: ReadonlySet<string>
  readonly patterns: readonly Test[]
}

/** `*`, or a service and the pattern of an action. */
const ACTION = /^(\*|(\*|[a-z0-9-]+):[a-z0-9*?]+)$/i

/**
 * Reads Action or NotAction. Throws PolicyError.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_action.html
 */
export function parseActions({ at, isNegated }: EitherElement): ActionElement {
  const texts = textsAt(at).map(actionAt)
  const lower = texts.map((text) => text.toLowerCase())
  return {
    isNegated,
    written: texts,
    names: new Set(lower.filter((text) => !isPattern(text))),
    patterns: lower.filter(isPattern).map(testOf),
  }
}

function actionAt(at: LocatedValue<string>): string {
  if (ACTION.test(at.value)) return at.value
  return refuseAt(
    at,
    `must be * or a service and an action such as ecr:BatchGetImage, not ${at.value || 'an empty text'}`,
  )
}

const isPattern = (text: string) => /[*?]/.test(text)

const testOf = (text: string) => wildcard(withWildcards(text))

/** Whether the element matches the action, without regard to case. */
export function actionMatches({ isNegated, names, patterns }: ActionElement, { action }: RequestFacts): boolean {
  if (names.has(action)) return !isNegated
  for (const test of patterns) if (test(action)) return !isNegated
  return isNegated
}
