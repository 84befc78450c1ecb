/**
 * Whether tags match a pattern, in which `*` stands for any number of characters. Each match takes time linear in the
 * length of the tag for each wildcard.
 * https://docs.aws.amazon.com/AmazonECR/latest/userguide/lifecycle_policy_parameters.html
 */
export function tagMatcher(pattern: string): (tag: string) => boolean {
  const [first = '', ...others] = pattern.split('*')
  const last = others.pop()
  if (last === undefined) return (tag) => tag === pattern
  return (tag) => {
    if (!tag.startsWith(first) || !tag.endsWith(last)) return false
    let position = first.length
    for (const part of others) {
      const found = tag.indexOf(part, position)
      if (found === -1) return false
      position = found + part.length
    }
    return position <= tag.length - last.length
  }
}
