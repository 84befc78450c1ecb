import { ANY_CHARACTER, ANY_SEQUENCE, type Test } from './matcher.js'

/**
 * Compiles a pattern with ANY_SEQUENCE and ANY_CHARACTER. The common patterns, an exact name and a prefix, have tests
 * of their own.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_resource.html
 */
export function wildcard(pattern: string): Test {
  const [first = '', ...others] = pattern.split(ANY_SEQUENCE)
  const last = others.pop()
  if (last === undefined) return isPlain(first) ? (text) => text === first : exactly(pieceOf(first))
  if (last === '' && others.length === 0 && isPlain(first)) return beginning(first)
  return inOrder(pieceOf(first), others.filter((text) => text !== '').map(pieceOf), pieceOf(last))
}

const isPlain = (text: string) => !text.includes(ANY_CHARACTER)

/** ARNs share long prefixes, so the last character of the prefix is compared first. */
function beginning(start: string): Test {
  if (start === '') return () => true
  const end = start.length - 1
  const last = start.charCodeAt(end)
  return (text) => text.charCodeAt(end) === last && text.startsWith(start)
}

const exactly =
  ({ length, isAt }: Piece): Test =>
  (text) =>
    text.length === length && isAt(text, 0)

/**
 * Searches the pieces between the wildcards from left to right. The first place of a piece is as good as any later one,
 * so there is no backtracking. The last piece is compared first, since it differs in most texts.
 */
function inOrder(first: Piece, between: readonly Piece[], last: Piece): Test {
  const shortest = first.length + last.length
  return (text) => {
    const end = text.length - last.length
    if (text.length < shortest || !last.isAt(text, end) || !first.isAt(text, 0)) return false
    let at = first.length
    for (const piece of between) {
      const found = piece.find(text, at)
      if (found < 0) return false
      at = found + piece.length
    }
    return at <= end
  }
}

/** A part of a pattern without ANY_SEQUENCE. */
interface Piece {
  readonly length: number
  readonly isAt: (text: string, at: number) => boolean
  /** The first index at or after `from` where it occurs; -1 for none. */
  readonly find: (text: string, from: number) => number
}

/** Plain text is found by the engine's own search, which is many times as fast as a loop over characters. */
function pieceOf(pattern: string): Piece {
  const { length } = pattern
  if (isPlain(pattern)) {
    return {
      length,
      isAt: (text, at) => text.startsWith(pattern, at),
      find: (text, from) => text.indexOf(pattern, from),
    }
  }
  const isAt = (text: string, at: number) => {
    for (let i = 0; i < length; i++) {
      const wanted = pattern.charCodeAt(i)
      if (wanted !== CHARACTER && wanted !== text.charCodeAt(at + i)) return false
    }
    return at + length <= text.length
  }
  return { length, isAt, find: loosely(pattern) }
}

const CHARACTER = ANY_CHARACTER.charCodeAt(0)

/**
 * Searches for a piece with ANY_CHARACTER by the shift-and algorithm: bit i of the state says whether the text so far
 * ends with the first i + 1 characters of the piece. A step takes the same time for every text: one operation for each
 * 32 characters of the piece.
 * https://en.wikipedia.org/wiki/Bitap_algorithm
 */
function loosely(pattern: string): Piece['find'] {
  const unknown = new Int32Array(Math.ceil(pattern.length / 32))
  for (let i = 0; i < pattern.length; i++) if (pattern.charCodeAt(i) === CHARACTER) setBit(unknown, i)
  const known = new Map<number, Int32Array>()
  for (let i = 0; i < pattern.length; i++) {
    const bits = known.get(pattern.charCodeAt(i)) ?? unknown.slice()
    known.set(pattern.charCodeAt(i), setBit(bits, i))
  }
  return (text, from) => {
    const state = new Int32Array(unknown.length)
    for (let at = from; at < text.length; at++) {
      step(state, known.get(text.charCodeAt(at)) ?? unknown)
      if (((state.at(-1) ?? 0) >>> (pattern.length - 1)) & 1) return at - pattern.length + 1
    }
    return -1
  }
}

function setBit(bits: Int32Array, index: number): Int32Array {
  bits[index >> 5] = (bits[index >> 5] ?? 0) | (1 << index)
  return bits
}

/** One character of the text: every beginning that goes on with it gets longer by it. */
function step(state: Int32Array, fitting: Int32Array): void {
  let carry = 1
  for (let word = 0; word < state.length; word++) {
    const before = state[word] ?? 0
    state[word] = ((before << 1) | carry) & (fitting[word] ?? 0)
    carry = before >>> 31
  }
}

/**
 * Compiles the pattern of an ARN: six components, matched one by one, so that `*` spans a colon only in the last. A
 * text with fewer components is not an ARN and matches nothing.
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
