import { isAscii } from 'node:buffer'
import { ServiceException } from '../../registry/errors.js'
import { exceedsJsonBounds } from '../../registry/images/json-bounds.js'

/**
 * Parses the JSON object in a body; an empty body counts as an empty object. Bodies that would take long to parse are
 * refused, because any caller can send them. Throws SerializationException.
 */
export function readJsonBody(bytes: Buffer, maxBytes: number): Record<string, unknown> {
  if (bytes.length === 0) return {}
  if (bytes.length > maxBytes || exceedsJsonBounds(bytes, MAX_JSON))
    throw new ServiceException('SerializationException')
  try {
    const body: unknown = JSON.parse(textOf(bytes))
    if (typeof body === 'object' && body !== null && !Array.isArray(body)) return body as Record<string, unknown>
  } catch {
    throw new ServiceException('SerializationException')
  }
  throw new ServiceException('SerializationException')
}

/**
 * Valid inputs of the API have only a few levels and at most some hundred values; large inputs consist of one long
 * string. The bounds are higher, so that a list that is only somewhat too long is refused with ECR's own message.
 */
const MAX_JSON = { depth: 100, containers: 10_000, values: 20_000 }

const MiB = 1024 * 1024

/** Base64, the only long text, is ASCII. Decoding it as Latin-1 is ten times as fast. */
const textOf = (bytes: Buffer) => bytes.toString(bytes.length > MiB && isAscii(bytes) ? 'latin1' : 'utf8')

/** Serializes an answer for awsJson: times are epoch seconds, bytes are base64. */
export const writeJsonBody = (output: object): string => JSON.stringify(asAwsJson(output))

/**
 * A separate pass, because a replacer of JSON.stringify would take twice as long. It copies only what holds a time or
 * bytes: for five repositories 6.4 µs with their JSON, instead of 8.0 µs where everything is copied.
 */
function asAwsJson(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value
  if (value instanceof Date) return value.getTime() / 1000
  if (value instanceof Uint8Array) return Buffer.from(value).toString('base64')
  if (Array.isArray(value)) return value.map(asAwsJson)
  const members = value as Readonly<Record<string, unknown>>
  let copy: Record<string, unknown> | undefined
  for (const name in members) {
    const member = asAwsJson(members[name])
    if (member !== members[name]) (copy ??= { ...members })[name] = member
  }
  return copy ?? value
}
