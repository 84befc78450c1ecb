/**
 * Patterns of the model that take exponential time on a near miss, with an equal one that takes linear time: a caller
 * must not stop the process with one string. A separator between runs says the same as an optional one before each.
 */
const LINEAR: Readonly<Record<string, string>> = {
  '^[a-z0-9*](?:[._\\-/a-z0-9*]?[a-z0-9*]+)*$': '^[a-z0-9*]+(?:[._\\-/][a-z0-9*]+)*$',
}

/**
 * The expression a pattern of the model stands for. Smithy leaves patterns open at both ends and AWS's model is
 * careless about it; the service matches the whole text. No `u` flag: `[a-zA-Z0-9-_.]` would be refused under it.
 */
export const wholeText = (pattern: string): RegExp => new RegExp(`^(?:${LINEAR[pattern] ?? pattern})$`)
