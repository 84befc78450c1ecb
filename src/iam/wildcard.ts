import { ANY_CHARACTER, ANY_SEQUENCE, type Test } from './matcher.js'

/**
 * Compiles a pattern of ANY_SEQUENCE and ANY_CHARACTER. What most patterns are, a name or a beginning, is compared as such.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_resource.html
 */
export function wildcard(pattern: string): Test {
  const star = pattern.indexOf(ANY_SEQUENCE)
  const isPlain = !pattern.includes(ANY_CHARACTER)
  if (isPlain && star < 0) return (text) => text === pattern
  if (isPlain && star === pattern.length - 1) return beginning(pattern.slice(0, -1))

  const last = pattern.charCodeAt(pattern.length - 1)
  if (last === SEQUENCE || last === CHARACTER) return (text) => isMatch(pattern, text)
  return (text) => text.charCodeAt(text.length - 1) === last && isMatch(pattern, text)
}

/** ARNs begin alike, so the end of the beginning tells most of them apart. */
function beginning(start: string): Test {
  if (start === '') return () => true
  const end = start.length - 1
  const last = start.charCodeAt(end)
  return (text) => text.charCodeAt(end) === last && text.startsWith(start)
}

/**
 * Compiles the pattern of an ARN: six components, each with wildcards of its own, so that `*` reaches over a colon only
 * in the last. What has fewer components is no ARN and matches nothing.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html#Conditions_ARN
 */
export function arnWildcard(pattern: string): Test {
  const tests = componentsOf(pattern)?.map(wildcard)
  return (text) => {
    const components = componentsOf(text)
    return tests !== undefined && components !== undefined && tests.every((test, i) => test(components[i] ?? ''))
  }
}

function componentsOf(arn: string): string[] | undefined {
  const parts = arn.split(':')
  return parts.length < 6 ? undefined : [...parts.slice(0, 5), parts.slice(5).join(':')]
}

/**
 * Walks text and pattern once. Where they part, only the last ANY_SEQUENCE takes one character more: the earlier ones
 * need not be tried again, so no pattern costs more than its length times that of the text.
 */
function isMatch(pattern: string, text: string): boolean {
  let [p, t, star, resume] = [0, 0, -1, 0]
  while (t < text.length) {
    const wanted = pattern.charCodeAt(p)
    if (wanted === SEQUENCE) {
      star = p++
      resume = t
    } else if (wanted === CHARACTER || wanted === text.charCodeAt(t)) {
      p++
      t++
    } else if (star >= 0) {
      p = star + 1
      t = ++resume
    } else return false
  }
  while (pattern[p] === ANY_SEQUENCE) p++
  return p === pattern.length
}

const SEQUENCE = ANY_SEQUENCE.charCodeAt(0)
const CHARACTER = ANY_CHARACTER.charCodeAt(0)
