const [quote, backslash, comma] = [0x22, 0x5c, 0x2c]
const [openArray, closeArray, openObject, closeObject] = [0x5b, 0x5d, 0x7b, 0x7d]

/** How much JSON is read. */
export interface JsonBounds {
  readonly depth: number
  /** Arrays and objects. */
  readonly containers: number
  /** What stands between commas. */
  readonly values: number
}

/**
 * Whether a text holds more than so much JSON. Looked at before it is parsed: millions of brackets in a body of a few MiB
 * would keep everybody else waiting for seconds. What is no JSON is the parser's matter.
 */
export function isMoreJson(bytes: Uint8Array, atMost: JsonBounds): boolean {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  let [depth, containers, values] = [0, 0, 0]
  for (let at = 0; at < text.length; at++) {
    const byte = text[at]
    if (byte === quote) at = endOfString(text, at + 1)
    else if (byte === comma) {
      if (++values > atMost.values) return true
    } else if (byte === openArray || byte === openObject) {
      if (++depth > atMost.depth || ++containers > atMost.containers) return true
    } else if (byte === closeArray || byte === closeObject) depth--
  }
  return false
}

/** Where the string that begins here is closed: at a quote with an even number of backslashes before it. */
function endOfString(text: Buffer, start: number): number {
  for (let at = start; ;) {
    const end = text.indexOf(quote, at)
    if (end < 0) return text.length
    let first = end
    while (first > start && text[first - 1] === backslash) first--
    if ((end - first) % 2 === 0) return end
    at = end + 1
  }
}
