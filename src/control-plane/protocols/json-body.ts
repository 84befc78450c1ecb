import { isAscii } from 'node:buffer'
import { ServiceException } from '../../registry/errors.js'
import { isMoreJson } from '../../registry/images/json-bounds.js'

/**
 * Parses the JSON object in a body; none counts as an empty object. The signature may be anybody's, so what would take long
 * to parse is refused. Throws SerializationException.
 */
export function readJsonBody(bytes: Buffer, maxBytes: number): Record<string, unknown> {
  if (bytes.length === 0) return {}
  if (bytes.length > maxBytes || isMoreJson(bytes, MAX_JSON)) throw new ServiceException('SerializationException')
  try {
    const body: unknown = JSON.parse(textOf(bytes))
    if (typeof body === 'object' && body !== null && !Array.isArray(body)) return body as Record<string, unknown>
  } catch {
    throw new ServiceException('SerializationException')
  }
  throw new ServiceException('SerializationException')
}

/**
 * No input of the API nests deeper than a handful of levels, or holds more than some hundred values: large inputs consist
 * of one long string. A list that is longer than allowed is still refused in ECR's words where parsing it costs little.
 */
const MAX_JSON = { depth: 100, containers: 10_000, values: 20_000 }

const MiB = 1024 * 1024

/** Base64, the only long text, is ASCII; decoding it as Latin-1 is ten times as fast. */
const textOf = (bytes: Buffer) => bytes.toString(bytes.length > MiB && isAscii(bytes) ? 'latin1' : 'utf8')

/** An answer as awsJson has it: times are epoch seconds, bytes are base64. */
export const writeJsonBody = (output: object): string => JSON.stringify(asAwsJson(output))

/** As a replacer of JSON.stringify this would take twice as long. */
function asAwsJson(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value
  if (value instanceof Date) return value.getTime() / 1000
  if (value instanceof Uint8Array) return Buffer.from(value).toString('base64')
  if (Array.isArray(value)) return value.map(asAwsJson)
  const members: Record<string, unknown> = {}
  for (const [name, member] of Object.entries(value)) members[name] = asAwsJson(member)
  return members
}
