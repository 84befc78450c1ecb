import { type ParseErrorCode, printParseErrorCode, visit } from 'jsonc-parser'
import { readFileSync } from 'node:fs'
import { UsageError } from './usage-error.js'

/**
 * Reads the configuration file; undefined if it is missing and may be. Throws UsageError if it cannot be read or is not
 * JSON.
 */
export function readJsonFile(path: string, { mayBeMissing }: { mayBeMissing: boolean }): unknown {
  const text = readText(path, mayBeMissing)
  return text === undefined ? undefined : parseJson(text, path)
}

function readText(path: string, mayBeMissing: boolean): string | undefined {
  try {
    return readFileSync(path, 'utf8').replace(/^\uFEFF/, '')
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT' && mayBeMissing) return undefined
    const reason = code === 'ENOENT' ? 'there is no such file' : String(code)
    throw new UsageError(`The configuration file ${path} cannot be read (${reason}): name one that can with --config`)
  }
}

/**
 * Parses JSON. Throws UsageError with the line, the column and the kind of the first fault, but never with the text at
 * that place, which may be a secret.
 */
export function parseJson(text: string, source: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw new UsageError(`${source} is not JSON: ${firstFault(text)}`)
  }
}

/** V8 gives a position for some faults only, and quotes the text. */
function firstFault(text: string): string {
  let fault: string | undefined
  const onError = (code: ParseErrorCode, offset: number, _length: number, line: number, column: number) => {
    fault ??= `line ${line + 1}, column ${column + 1}: ${explanationOf(code, text, offset)}`
  }
  visit(text, { onError }, { disallowComments: true })
  return fault ?? 'its syntax is wrong'
}

function explanationOf(code: ParseErrorCode, text: string, offset: number): string {
  const character = text[offset] ?? ''
  const before = text.slice(0, offset)
  const isAfterComma = /,[ \t\r\n]*$/.test(before)
  if (isAfterComma && /[}\]]/.test(character)) return `a trailing comma before ${character}, which JSON does not allow`
  if (character === '#' || character === '/') return COMMENT
  if (character === "'") return 'single quotes; JSON has names and strings in double quotes'
  if (/\{[ \t\r\n]*$/.test(before)) return 'expected a name in double quotes or a closing brace'
  const explanation = EXPLANATIONS[printParseErrorCode(code)]
  return explanation ?? (isJson(before) ? END_OF_FILE : 'expected a value')
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

const END_OF_FILE = 'expected the end of the file'
const COMMENT = 'a comment, which JSON does not allow'

/** Explanations by the names of jsonc-parser's error codes. For all other codes, a value was expected. */
const EXPLANATIONS: Readonly<Record<string, string>> = {
  PropertyNameExpected: 'expected a name in double quotes',
  ColonExpected: 'expected a colon',
  CommaExpected: 'expected a comma or a closing bracket',
  CloseBraceExpected: 'expected a comma or a closing brace',
  CloseBracketExpected: 'expected a comma or a closing bracket',
  EndOfFileExpected: END_OF_FILE,
  InvalidCommentToken: COMMENT,
  UnexpectedEndOfComment: COMMENT,
  UnexpectedEndOfString: 'a string without its closing quote',
  UnexpectedEndOfNumber: 'an incomplete number',
  InvalidUnicode: 'an incomplete \\u escape',
  InvalidEscapeCharacter: 'an escape that JSON does not have',
  InvalidCharacter: 'a control character in a string, which JSON writes as an escape',
}
