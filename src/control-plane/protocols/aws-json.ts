import { type HttpRequest, HttpResponse } from '@smithy/protocol-http'
import { isAscii } from 'node:buffer'
import { ServiceException } from '../../registry/errors.js'
import { isMoreJson } from '../../registry/images/json-bounds.js'

const TARGET = 'AmazonEC2ContainerRegistry_V20150921'
const CONTENT_TYPE = 'application/x-amz-json-1.1'

/**
 * Which operation is called. Throws UnknownOperationException.
 * https://smithy.io/2.0/aws/protocols/aws-json-1_1-protocol.html
 */
export function operationName(request: HttpRequest): string {
  const [service, name = ''] = (request.headers['x-amz-target'] ?? '').split('.')
  if (service !== TARGET) throw new ServiceException('UnknownOperationException')
  return name
}

/**
 * What the operation of this name is called with, not yet validated. It is not known yet who may call it, so what would
 * take long to read is refused: reading is bounded by what inputs of the API can need. Throws SerializationException.
 */
export function readInput(request: HttpRequest, name: string): Record<string, unknown> {
  const bytes = request.body as Buffer
  if (bytes.length === 0) return {}
  const mostBytes = largest.get(name) ?? MOST_BYTES
  if (bytes.length > mostBytes || isMoreJson(bytes, AT_MOST)) throw new ServiceException('SerializationException')
  try {
    const body: unknown = JSON.parse(textOf(bytes))
    if (typeof body === 'object' && body !== null && !Array.isArray(body)) return body as Record<string, unknown>
  } catch {
    throw new ServiceException('SerializationException')
  }
  throw new ServiceException('SerializationException')
}

const MiB = 1024 * 1024

/**
 * No input of the API nests deeper than a handful of levels, or holds more than some hundred values: what makes one large
 * is a single string. Lists that are too long are refused in ECR's words as long as reading them costs little.
 */
const AT_MOST = { depth: 100, containers: 10_000, values: 20_000 }

/** Policies and lists of names are much shorter. */
const MOST_BYTES = 4 * MiB

/** A layer part of 20 MiB comes as base64; a manifest of 4 MiB with its quotes and other characters escaped. */
const largest: ReadonlyMap<string, number> = new Map([
  ['UploadLayerPart', 32 * MiB],
  ['PutImage', 12 * MiB],
])

/** Base64, the only long text, is ASCII, and that is ten times as quick to decode. */
const textOf = (bytes: Buffer) => bytes.toString(bytes.length > MiB && isAscii(bytes) ? 'latin1' : 'utf8')

export const writeOutput = (output: object, requestId: string): HttpResponse =>
  respond(200, requestId, JSON.stringify(asAwsJson(output)))

/** A refusal as the client meets it; anything that is no refusal is ours, and says no more than that. */
export function writeError(error: unknown, requestId: string): HttpResponse {
  if (!(error instanceof ServiceException))
    return respond(500, requestId, JSON.stringify({ __type: 'ServerException' }), 'ServerException')
  const { code, message, details } = error
  const body = JSON.stringify({ __type: code, ...(message && { message }), ...details })
  return respond(statusOf(code), requestId, body, code)
}

const statuses = new Map([
  ['ServerException', 500],
  ['RequestEntityTooLargeException', 413],
])
const statusOf = (code: string) => statuses.get(code) ?? 400

/** `reason` is for those who count: no client sees it. */
const respond = (statusCode: number, requestId: string, body: string, reason?: string) =>
  new HttpResponse({
    statusCode,
    ...(reason !== undefined && { reason }),
    headers: {
      'content-type': CONTENT_TYPE,
      'content-length': String(Buffer.byteLength(body)),
      'x-amzn-requestid': requestId,
    },
    body,
  })

/** Times are epoch seconds; bytes are base64. As a replacer of JSON.stringify it would take twice as long. */
function asAwsJson(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value
  if (value instanceof Date) return value.getTime() / 1000
  if (value instanceof Uint8Array) return Buffer.from(value).toString('base64')
  if (Array.isArray(value)) return value.map(asAwsJson)
  const members: Record<string, unknown> = {}
  for (const [name, member] of Object.entries(value)) members[name] = asAwsJson(member)
  return members
}
