import { UsageError } from './usage-error.js'

const TOKEN =
  /[ \t\r\n]*(?:([{}[\],:])|("(?:[^"\\\p{Cc}]|\\["\\/bfnrt]|\\u[0-9a-fA-F]{4}|\x7f)*")|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null)/uy

type Place = 'value' | 'value or ]' | 'name' | 'name or }' | ':' | ', or }' | ', or ]' | 'end of file'

/** Reads JSON; a fault is told with its line and column and never with what stands there, which may be a secret. */
export function parseJson(text: string, source: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    const { at, expected } = faultIn(text)
    const before = text.slice(0, at).split('\n')
    const column = (before.at(-1) ?? '').length + 1
    throw new UsageError(`${source} is not JSON: line ${before.length}, column ${column}: expected ${expected}`, {
      cause: error,
    })
  }
}

/** Where a text that is not JSON stops being it: V8 says so for some faults only, and quotes the text. */
function faultIn(text: string): { at: number; expected: string } {
  const open: string[] = []
  let place: Place = 'value'
  let at = 0
  for (;;) {
    TOKEN.lastIndex = at
    const [token, punctuation, string] = TOKEN.exec(text) ?? []
    const next = token === undefined ? undefined : follow(place, punctuation ?? (string ? 'string' : 'other'), open)
    if (token === undefined || next === undefined)
      return { at: at + /^[ \t\r\n]*/.exec(text.slice(at))![0].length, expected: place }
    place = next
    at += token.length
  }
}

/** The place after a token; undefined where the token may not stand. Keeps the brackets that are open. */
function follow(place: Place, token: string, open: string[]): Place | undefined {
  const after = (): Place => (open.at(-1) === '{' ? ', or }' : open.at(-1) === '[' ? ', or ]' : 'end of file')
  const closing = open.at(-1) === '{' ? '}' : ']'
  if (place.endsWith(`or ${closing}`) && token === closing) return open.pop() && after()
  if (place.startsWith('name')) return token === 'string' ? ':' : undefined
  if (place === ':') return token === ':' ? 'value' : undefined
  if (place.startsWith(',')) return token !== ',' ? undefined : open.at(-1) === '{' ? 'name' : 'value'
  if (!place.startsWith('value')) return undefined
  if (token === '{' || token === '[') open.push(token)
  if (token === '{') return 'name or }'
  if (token === '[') return 'value or ]'
  return token === 'string' || token === 'other' ? after() : undefined
}
