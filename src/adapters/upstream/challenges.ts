/** One way to log in that a server offers; scheme and parameter names in lower case. */
export interface Challenge {
  scheme: string
  token68?: string
  parameters: Record<string, string>
}

const separators = /[\s,]*/y
const tokenPattern = /[!#$%&'*+.^_`|~0-9A-Za-z-]+/y
const token68Pattern = /[ \t]+([A-Za-z0-9\-._~+/]+=*)(?=[ \t]*(?:,|$))/y
const parameterPattern = /[ \t]*([!#$%&'*+.^_`|~0-9A-Za-z-]+)[ \t]*=[ \t]*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]+))/y

/**
 * The challenges of WWW-Authenticate, in order: several in one field or in several fields, commas and escapes in quotes.
 * What does not parse is skipped to the next comma. https://www.rfc-editor.org/rfc/rfc9110#section-11.6.1
 */
export function parseChallenges(fields: string | string[] | undefined): Challenge[] {
  return [fields ?? []].flat().flatMap(parseField)
}

function parseField(field: string): Challenge[] {
  const challenges: Challenge[] = []
  let at = 0
  const take = (pattern: RegExp) => {
    pattern.lastIndex = at
    const match = pattern.exec(field)
    if (match) at = pattern.lastIndex
    return match
  }
  for (take(separators); at < field.length; take(separators)) {
    const current = challenges.at(-1)
    const parameter = take(parameterPattern)
    if (parameter) {
      const [, name = '', quoted, bare] = parameter
      if (current) current.parameters[name.toLowerCase()] = quoted?.replace(/\\(.)/g, '$1') ?? bare ?? ''
      continue
    }
    const scheme = take(tokenPattern)
    if (scheme) {
      const token68 = take(token68Pattern)?.[1]
      challenges.push({ scheme: scheme[0].toLowerCase(), ...(token68 && { token68 }), parameters: {} })
    } else {
      const comma = field.indexOf(',', at)
      at = comma < 0 ? field.length : comma
    }
  }
  return challenges
}
