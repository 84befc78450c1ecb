/** Whether a text matches a filter of ECR, in which `*` stands for zero or more characters. */
export const matchesWildcards = (filter: string, text: string): boolean => wildcardMatcher(filter)(text)

/**
 * The same for many texts. Each literal part is matched at its first occurrence, so no filter needs backtracking.
 */
export function wildcardMatcher(filter: string): (text: string) => boolean {
  const [head = '', ...rest] = filter.split('*')
  const tail = rest.pop()
  if (tail === undefined) return (text) => text === filter
  return (text) => {
    if (!text.startsWith(head) || !text.endsWith(tail) || text.length < head.length + tail.length) return false
    let position = head.length
    for (const part of rest) {
      const start = text.indexOf(part, position)
      if (start < 0) return false
      position = start + part.length
    }
    return position <= text.length - tail.length
  }
}
