const [quote, backslash] = [0x22, 0x5c]

/** What a byte outside strings does. Most bytes do nothing and have the kind 0. */
const [OPENS, CLOSES, SEPARATES, QUOTES] = [1, 2, 3, 4]
const kinds = new Uint8Array(256)
for (const byte of '[{') kinds[byte.charCodeAt(0)] = OPENS
for (const byte of ']}') kinds[byte.charCodeAt(0)] = CLOSES
kinds[','.charCodeAt(0)] = SEPARATES
kinds[quote] = QUOTES

/** The most JSON that is parsed. */
interface JsonBounds {
  readonly depth: number
  /** Number of arrays and objects. */
  readonly containers: number
  /** Number of values, counted by their commas. */
  readonly values: number
}

/**
 * The most bytes that are examined one by one: white space, numbers, strings with escaped quotes. The longest manifest,
 * as a string with all its quotes escaped, has no more of them; the base64 of a layer part has none.
 */
const MAX_STEPS = 10 * 1024 * 1024

/**
 * Whether a text contains more JSON than these bounds allow. Checked before parsing, because parsing millions of
 * brackets in a body of a few MiB would block all other requests for seconds. Text that is not JSON is left to the
 * parser to refuse.
 */
export function exceedsJsonBounds(bytes: Uint8Array, bounds: JsonBounds): boolean {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  let depth = 0
  let containers = 0
  let values = 0
  let stepCount = 0
  for (let at = 0; at < text.length; at++) {
    if (++stepCount > MAX_STEPS) return true
    const kind = kinds[text[at] ?? 0]
    if (kind === 0) continue
    if (kind === CLOSES) depth--
    else if (kind === SEPARATES && ++values > bounds.values) return true
    else if (kind === OPENS && (++depth > bounds.depth || ++containers > bounds.containers)) return true
    else if (kind === QUOTES) {
      const { end, steps } = stringFrom(text, at + 1, MAX_STEPS - stepCount)
      at = end
      stepCount += steps
    }
  }
  return false
}

/**
 * Where the string that begins at `start` ends, and how many bytes were examined one by one: at most `maxSteps` and
 * one.
 */
function stringFrom(text: Buffer, start: number, maxSteps: number): { end: number; steps: number } {
  const first = text.indexOf(quote, start)
  if (first < 0) return { end: text.length, steps: 0 }
  if (text[first - 1] !== backslash) return { end: first, steps: 0 }
  const bound = Math.min(text.length, start + maxSteps + 1)
  let at = start
  while (at < bound && text[at] !== quote) at += text[at] === backslash ? 2 : 1
  return { end: at, steps: at - start }
}
