/**
 * Removes passwords from a text that may contain URLs. A password may contain any character, so everything up to the
 * last `@` is removed, and so are the parameters of a URL. In a JSON pointer slashes are `~1`.
 */
export const withoutPassword = (text: string): string =>
  text.replace(/(\/\/|~1~1).*@/s, '$1…@').replace(/(:\/\/[^?\s]*)\?[^\s"]*/, '$1?…')
