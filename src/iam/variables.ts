import type { PolicyVersion } from './policy-version.js'
import { type LocatedValue, refuseAt } from './reading.js'

/** Fixed text of a template: as written, where `*` and `?` may be wildcards, or literal, where they never are. */
export interface Piece {
  readonly text: string
  readonly isLiteral: boolean
}

/** `${key}` or `${key, 'default'}`, to be replaced by the value of a condition key. */
export interface Variable {
  /** In lower case. */
  readonly key: string
  readonly fallback: string | undefined
}

/** A text of a policy, split at its variables. */
export type Template = readonly (Piece | Variable)[]

/**
 * Splits a text at its variables. In version 2008-10-17 `${` has no meaning. Throws PolicyError for an incomplete
 * variable.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html
 */
export function templateOf(at: LocatedValue<string>, version: PolicyVersion): Template {
  const text = at.value
  if (version === '2008-10-17' || !text.includes('${')) return [{ text, isLiteral: false }]

  const parts: (Piece | Variable)[] = []
  let end = 0
  for (let start = text.indexOf('${'); start >= 0; start = text.indexOf('${', end)) {
    if (start > end) parts.push({ text: text.slice(end, start), isLiteral: false })
    const close = text.indexOf('}', start)
    if (close < 0) refuseAt(at, `has a variable without its closing brace: ${text.slice(start)}`)
    parts.push(variableOf(text.slice(start + 2, close), at))
    end = close + 1
  }
  if (end < text.length) parts.push({ text: text.slice(end), isLiteral: false })
  return parts
}

const LITERALS = ['*', '?', '$']

function variableOf(inside: string, at: LocatedValue): Piece | Variable {
  if (LITERALS.includes(inside)) return { text: inside, isLiteral: true }
  const comma = inside.indexOf(',')
  const key = (comma < 0 ? inside : inside.slice(0, comma)).trim().toLowerCase()
  if (key === '') refuseAt(at, 'has a variable without a name')
  return { key, fallback: comma < 0 ? undefined : fallbackOf(inside.slice(comma + 1).trim(), at) }
}

function fallbackOf(quoted: string, at: LocatedValue): string {
  if (quoted.length >= 2 && quoted.startsWith("'") && quoted.endsWith("'")) return quoted.slice(1, -1)
  return refuseAt(at, `has a variable whose default is not in single quotes: ${quoted}`)
}

/** Whether a part of a template is fixed text, not a variable. */
export const isPiece = (part: Piece | Variable): part is Piece => 'text' in part

/** The variables of a text. */
export const variablesIn = (template: Template): Variable[] =>
  template.filter((part): part is Variable => !isPiece(part))
