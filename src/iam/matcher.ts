import { conditionValue, type ConditionValues } from './question.js'
import { isPiece, type Piece, type Template, type Variable } from './variables.js'

/**
 * Whether a text of the request matches a text of the policy, with policy variables resolved from the condition values.
 */
export type Matcher = (text: string, values: ConditionValues) => boolean

/** Whether a text matches a text of the policy that has no policy variables. */
export type Test = (text: string) => boolean

/** Stands for a `*` that is a wildcard. Unicode assigns no character to this code point, nor to the next. */
export const ANY_SEQUENCE = '\uffff'
/** Stands for a `?` that is a wildcard. */
export const ANY_CHARACTER = '\ufffe'

/** Compares with a text in which `*` and `?` have no special meaning. */
export const textMatcher = (template: Template, make: (text: string) => Test): Matcher =>
  matcher(
    template.map((part) => (isPiece(part) ? part.text : part)),
    make,
  )

/**
 * Compares with a pattern whose wildcards are ANY_SEQUENCE and ANY_CHARACTER. The value of a variable is never a
 * wildcard.
 */
export function patternMatcher(template: Template, make: (pattern: string) => Test): Matcher {
  const parts = template.map((part) => (isPiece(part) ? patternOf(part) : part))
  const matches = matcher(parts, make)
  if (parts.every((part) => typeof part === 'string')) return matches
  const leading = partsBeforeWildcards(parts)
  return (text, values) => beginsWith(leading, text, values) && matches(text, values)
}

const patternOf = ({ text, isLiteral }: Piece) => (isLiteral ? text : withWildcards(text))

/** Turns `*` and `?` into wildcards. */
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

/** Most texts differ from a pattern before its first wildcard; for these the pattern need not be built. */
function beginsWith(leading: readonly (string | Variable)[], text: string, values: ConditionValues): boolean {
  let at = 0
  for (const part of leading) {
    const piece = typeof part === 'string' ? part : valueOf(part, values)
    if (piece === undefined || !text.startsWith(piece, at)) return false
    at += piece.length
  }
  return true
}

/**
 * Compiles the test once where there are no variables, and for each request where there are. If a variable cannot be
 * resolved, nothing matches.
 */
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

/** Whether the request has a value for the policy variable. */
export const isResolved = (variable: Variable, values: ConditionValues): boolean =>
  literalValueOf(variable, values) !== undefined

/** A value that contains the code points of the wildcards is treated as absent. */
function literalValueOf(variable: Variable, values: ConditionValues): string | undefined {
  const value = valueOf(variable, values)
  return value === undefined || WILDCARD.test(value) ? undefined : value
}

/** Multi-valued keys cannot be used as policy variables. */
function valueOf({ key, fallback }: Variable, values: ConditionValues): string | undefined {
  const value = conditionValue(values, key) ?? fallback
  return typeof value === 'string' ? value : undefined
}
