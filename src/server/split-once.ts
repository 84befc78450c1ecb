/**
 * Splits a text at the first separator. The second part may contain further separators; it is undefined if there is
 * none.
 */
export function splitOnce(text: string, separator: string): [before: string, after?: string] {
  const at = text.indexOf(separator)
  return at < 0 ? [text] : [text.slice(0, at), text.slice(at + separator.length)]
}
