/** A string, whose white space counts, or white space between tokens. */
const STRING_OR_SPACE = /"(?:[^"\\]|\\.)*"|[ \t\r\n]+/g

/**
 * A JSON text without the white space between its tokens. The order of keys and the spelling of numbers and escapes
 * stay, as in the lifecycle policies that the service returns. The text must be valid JSON.
 */
export const compactJson = (json: string): string =>
  json.replace(STRING_OR_SPACE, (token) => (token.startsWith('"') ? token : ''))
