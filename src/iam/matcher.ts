import { conditionValue, type ConditionValues } from './question.js'
import { isPiece, type Piece, type Template, type Variable } from './variables.js'

/** Whether a text of the request is what a text of the policy asks for. */
export type Matcher = (text: string, values: ConditionValues) => boolean

/** Whether a text is what another describes that has no variables, or has none left. */
export type Test = (text: string) => boolean

/** Stand for `*` and `?` where these are wildcards; Unicode assigns neither to a character. */
export const ANY_SEQUENCE = '\uffff'
export const ANY_CHARACTER = '\ufffe'

/** Compares with a text in which `*` and `?` are themselves. */
export const textMatcher = (template: Template, make: (text: string) => Test): Matcher =>
  matcher(
    template.map((part) => (isPiece(part) ? part.text : part)),
    make,
  )

/** Compares with a pattern: its wildcards are ANY_SEQUENCE and ANY_CHARACTER, and what variables put in has none. */
export function patternMatcher(template: Template, make: (pattern: string) => Test): Matcher {
  const parts = template.map((part) => (isPiece(part) ? patternOf(part) : part))
  const matches = matcher(parts, make)
  if (parts.every((part) => typeof part === 'string')) return matches
  const leading = partsBeforeWildcards(parts)
  return (text, values) => beginsWith(leading, text, values) && matches(text, values)
}

const patternOf = ({ text, isLiteral }: Piece) => (isLiteral ? text : withWildcards(text))

/** A text with its `*` and `?` made wildcards. */
export const withWildcards = (text: string): string => text.replaceAll('*', ANY_SEQUENCE).replaceAll('?', ANY_CHARACTER)

function partsBeforeWildcards(parts: readonly (string | Variable)[]): (string | Variable)[] {
  const leading: (string | Variable)[] = []
  for (const part of parts) {
    const wild = typeof part === 'string' ? part.search(WILDCARD) : -1
    if (typeof part === 'string' && wild >= 0) return [...leading, part.slice(0, wild)]
    leading.push(part)
  }
  return leading
}

const WILDCARD = /[\uffff\ufffe]/

/** Most texts part from a pattern before its first wildcard: seen here, no pattern needs to be put together. */
function beginsWith(leading: readonly (string | Variable)[], text: string, values: ConditionValues): boolean {
  let at = 0
  for (const part of leading) {
    const piece = typeof part === 'string' ? part : valueOf(part, values)
    if (piece === undefined || !text.startsWith(piece, at)) return false
    at += piece.length
  }
  return true
}

/** Made at once where there are no variables, for each question where there are; where one has no value nothing matches. */
function matcher(parts: readonly (string | Variable)[], make: (text: string) => Test): Matcher {
  if (parts.every((part) => typeof part === 'string')) return make(parts.join(''))
  return (actual, values) => {
    let text = ''
    for (const part of parts) {
      const piece = typeof part === 'string' ? part : literalValueOf(part, values)
      if (piece === undefined) return false
      text += piece
    }
    return make(text)(actual)
  }
}

/** Whether a variable stands for a value. */
export const isResolved = (variable: Variable, values: ConditionValues): boolean =>
  literalValueOf(variable, values) !== undefined

/** A value that would bring wildcards along is none. */
function literalValueOf(variable: Variable, values: ConditionValues): string | undefined {
  const value = valueOf(variable, values)
  return value === undefined || WILDCARD.test(value) ? undefined : value
}

/** Keys with several values cannot be variables. */
function valueOf({ key, fallback }: Variable, values: ConditionValues): string | undefined {
  const value = conditionValue(values, key) ?? fallback
  return typeof value === 'string' ? value : undefined
}
