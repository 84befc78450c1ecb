/**
 * Patterns of the model that take exponential time on a near miss, each with an equivalent that takes linear time: a
 * caller must not stop the process with one string.
 */
const LINEAR: Readonly<Record<string, string>> = {
  '^[a-z0-9*](?:[._\\-/a-z0-9*]?[a-z0-9*]+)*$': '^[a-z0-9*]+(?:[._\\-/][a-z0-9*]+)*$',
}

/**
 * The regular expression for a pattern of the model. Smithy leaves patterns open at both ends and AWS's model is
 * careless about it; the service matches the whole text. The `u` flag is set only for patterns with `\p{…}`, which need
 * it: under it `[a-zA-Z0-9-_.]` is a syntax error.
 */
export const wholeText = (pattern: string): RegExp =>
  new RegExp(`^(?:${LINEAR[pattern] ?? pattern})$`, pattern.includes('\\p{') ? 'u' : '')
