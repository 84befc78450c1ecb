/**
 * A text that may hold URLs, fit to be shown. Passwords may hold any character, so all is cut up to the last `@`, and so are
 * the parameters of a URL; in a JSON pointer slashes are `~1`.
 */
export const withoutPassword = (text: string): string =>
  text.replace(/(\/\/|~1~1).*@/s, '$1…@').replace(/(:\/\/[^?\s]*)\?[^\s"]*/, '$1?…')
