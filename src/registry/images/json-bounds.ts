const [quote, backslash] = [0x22, 0x5c]

/** What a byte outside strings does; most do nothing. */
const [OPENS, CLOSES, SEPARATES, QUOTES] = [1, 2, 3, 4]
const kinds = new Uint8Array(256)
for (const byte of '[{') kinds[byte.charCodeAt(0)] = OPENS
for (const byte of ']}') kinds[byte.charCodeAt(0)] = CLOSES
kinds[','.charCodeAt(0)] = SEPARATES
kinds[quote] = QUOTES

/** How much JSON is read. */
export interface JsonBounds {
  readonly depth: number
  /** Arrays and objects. */
  readonly containers: number
  /** What stands between commas. */
  readonly values: number
}

/**
 * Bytes that are looked at one by one: white space, numbers, strings with escaped quotes. The longest manifest has no more
 * of them when it is a string itself, with all its quotes escaped; the base64 of a layer part has none.
 */
const MOST_LOOKED_AT = 10 * 1024 * 1024

/**
 * Whether a text holds more than so much JSON. Looked at before it is parsed: millions of brackets in a body of a few MiB
 * would keep everybody else waiting for seconds. What is no JSON is the parser's matter.
 */
export function isMoreJson(bytes: Uint8Array, atMost: JsonBounds): boolean {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  let [depth, containers, values, lookedAt] = [0, 0, 0, 0]
  for (let at = 0; at < text.length; at++) {
    if (++lookedAt > MOST_LOOKED_AT) return true
    const kind = kinds[text[at] ?? 0]
    if (kind === 0) continue
    if (kind === CLOSES) depth--
    else if (kind === SEPARATES && ++values > atMost.values) return true
    else if (kind === OPENS && (++depth > atMost.depth || ++containers > atMost.containers)) return true
    else if (kind === QUOTES) {
      const { end, steps } = stringFrom(text, at + 1, MOST_LOOKED_AT - lookedAt)
      at = end
      lookedAt += steps
    }
  }
  return false
}

/** Where the string that begins here is closed, and how many bytes were looked at for that one by one: `most` and one. */
function stringFrom(text: Buffer, start: number, most: number): { end: number; steps: number } {
  const first = text.indexOf(quote, start)
  if (first < 0) return { end: text.length, steps: 0 }
  if (text[first - 1] !== backslash) return { end: first, steps: 0 }
  const bound = Math.min(text.length, start + most + 1)
  let at = start
  while (at < bound && text[at] !== quote) at += text[at] === backslash ? 2 : 1
  return { end: at, steps: at - start }
}
