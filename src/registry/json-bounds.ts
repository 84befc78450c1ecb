const [quote, backslash, comma] = [0x22, 0x5c, 0x2c]
const [openBracket, openBrace, closeBracket, closeBrace] = [0x5b, 0x7b, 0x5d, 0x7d]

/** How much JSON is read. */
export interface JsonBounds {
  readonly depth: number
  /** Arrays and objects. */
  readonly containers: number
  /** What stands between commas. */
  readonly values: number
  /** Bytes that stand in no string: blanks, digits and punctuation. As many as there are unless said. */
  readonly bytesOutsideStrings?: number
}

/**
 * Whether a text holds more than so much JSON. Looked at before it is parsed: millions of brackets in a body of a few MiB
 * would keep everybody else waiting for seconds. What is no JSON is the parser's matter.
 */
export function isMoreJson(bytes: Uint8Array, atMost: JsonBounds): boolean {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const { bytesOutsideStrings = Infinity } = atMost
  let [depth, containers, values, outside] = [0, 0, 0, 0]
  for (let at = 0; at < text.length; at++) {
    const byte = text[at]
    if (++outside > bytesOutsideStrings) return true
    if (byte === quote) at = endOfString(text, at + 1)
    else if (byte === closeBracket || byte === closeBrace) depth--
    else if (byte === comma) {
      if (++values > atMost.values) return true
    } else if (byte === openBracket || byte === openBrace) {
      if (++depth > atMost.depth || ++containers > atMost.containers) return true
    }
  }
  return false
}

/** Short strings, and those full of escapes, are read byte by byte; in longer ones a search for the quote is faster. */
const READ_BY_BYTE = 64

/** Where the string that begins here is closed: at a quote with an even number of backslashes before it. */
function endOfString(text: Buffer, start: number): number {
  for (let at = start; at < text.length;) {
    const near = Math.min(at + READ_BY_BYTE, text.length)
    while (at < near) {
      if (text[at] === quote) return at
      at += text[at] === backslash ? 2 : 1
    }
    const end = text.indexOf(quote, at)
    if (end < 0) return text.length
    let first = end
    while (first > at && text[first - 1] === backslash) first--
    if ((end - first) % 2 === 0) return end
    at = end + 1
  }
  return text.length
}
