import { UsageError } from './usage-error.js'

/** A token and the blanks before it: punctuation, a string, or anything else that is a value. */
const TOKEN =
  /[ \t\r\n]*(?:([{}[\],:])|("(?:[^"\\\p{Cc}]|[\x7f-\x9f]|\\["\\/bfnrt]|\\u[0-9a-fA-F]{4})*")|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null)/uy

/** What may stand at a place, in the words of the message. */
type Expected = 'value' | 'value or ]' | 'name' | 'name or }' | ':' | ', or }' | ', or ]' | 'end of file'

/** Reads JSON; a fault is told with its line and column and never with what stands there, which may be a secret. */
export function parseJson(text: string, source: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    const { at, expected } = faultIn(text)
    const before = text.slice(0, at).split('\n')
    const column = (before.at(-1) ?? '').length + 1
    const why = commonMistake(text, at, expected) ?? `expected ${expected}`
    throw new UsageError(`${source} is not JSON: line ${before.length}, column ${column}: ${why}`)
  }
}

/** What other notations allow and JSON does not, named as such. */
function commonMistake(text: string, at: number, expected: Expected): string | undefined {
  const rest = text.slice(at, at + 2)
  const isAfterComma = /,[ \t\r\n]*$/.test(text.slice(0, at))
  if (isAfterComma && /^[}\]]/.test(rest)) return `a trailing comma stands before ${rest[0]}, which JSON does not allow`
  if (/^(\/\/|\/\*|#)/.test(rest)) return 'a comment, which JSON does not allow'
  if (rest.startsWith("'")) return `expected ${expected}: JSON writes names and texts in double quotes`
  return undefined
}

/** Where a text that is not JSON stops being it: V8 says so for some faults only, and quotes the text. */
function faultIn(text: string): { at: number; expected: Expected } {
  const open: string[] = []
  let expected: Expected = 'value'
  let at = 0
  for (;;) {
    TOKEN.lastIndex = at
    const token = TOKEN.exec(text)
    const next: Expected | undefined = token ? follow(expected, kindOf(token), open) : undefined
    if (!token || !next) return { at: at + text.slice(at).search(/[^ \t\r\n]|$/), expected }
    expected = next
    at = TOKEN.lastIndex
  }
}

const kindOf = ([, punctuation, string]: RegExpExecArray) => punctuation ?? (string ? 'string' : 'other')

/** What may stand after a token; undefined where the token itself may not stand. Keeps the brackets that are open. */
function follow(expected: Expected, token: string, open: string[]): Expected | undefined {
  if (expected.endsWith(` or ${token}`) && /^[}\]]$/.test(token)) {
    open.pop()
    return afterValue(open)
  }
  if (expected.startsWith('name')) return token === 'string' ? ':' : undefined
  if (expected === ':') return token === ':' ? 'value' : undefined
  if (expected.startsWith(',')) return token === ',' ? afterComma(open) : undefined
  if (!expected.startsWith('value')) return undefined
  if (token === '{' || token === '[') open.push(token)
  if (token === '{') return 'name or }'
  if (token === '[') return 'value or ]'
  return token === 'string' || token === 'other' ? afterValue(open) : undefined
}

const afterComma = (open: string[]): Expected => (open.at(-1) === '{' ? 'name' : 'value')

const afterValue = (open: string[]): Expected =>
  open.length === 0 ? 'end of file' : open.at(-1) === '{' ? ', or }' : ', or ]'
