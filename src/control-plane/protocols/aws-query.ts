import { type HttpRequest, HttpResponse } from '@smithy/protocol-http'
import { ServiceException } from '../../registry/errors.js'
import { parseQuery } from '../../sigv4/query.js'
import { readInput, writeError, writeOutput } from './aws-json.js'

/** A call by name, with its members flat: `Tags.member.1.Key` is how lists and structures are written. */
export interface QueryCall {
  readonly action: string
  readonly version: string
  readonly members: ReadonlyMap<string, string>
}

/** How an answer is written: as the query protocol does, the same in JSON, or as awsJson. */
export type AnswerForm = 'xml' | 'json' | 'aws-json'

/** The API of a service that speaks this protocol. */
export interface QueryApi {
  readonly version: string
  readonly namespace: string
}

/** STS takes its calls as awsJson, too. */
const STS_TARGET = 'AWSSecurityTokenServiceV20110615.'
const STS_VERSION = '2011-06-15'

/**
 * Whether a call is for a service with a query API: a form, or an action in the URL, as presigned calls have it.
 * https://smithy.io/2.0/aws/protocols/aws-query-protocol.html
 */
export const isQueryCall = (request: Pick<HttpRequest, 'headers' | 'path'>): boolean =>
  isStsTarget(request) ||
  (request.headers['content-type'] ?? '').startsWith('application/x-www-form-urlencoded') ||
  namesAction(request.path)

/** Whether a URL says which action is called. */
export const namesAction = (path: string): boolean => /^\/\?(?:.*&)?Action=/.test(path)

const isStsTarget = ({ headers }: Pick<HttpRequest, 'headers'>) => (headers['x-amz-target'] ?? '').startsWith(STS_TARGET)

/** The form the caller wants its answer in. */
export function answerForm(request: HttpRequest): AnswerForm {
  if (isStsTarget(request)) return 'aws-json'
  return (request.headers.accept ?? '').includes('application/json') ? 'json' : 'xml'
}

/**
 * What is called with what, nothing of it checked. Read by the parser the signature was checked with: what was signed
 * and what is done are the same. Throws SerializationException where JSON is none, and MalformedInput for more than any call
 * needs and for a parameter given twice, of which another reader might take the other one.
 */
export function readQueryCall(request: HttpRequest): QueryCall {
  if (isStsTarget(request)) {
    const action = String(request.headers['x-amz-target']).slice(STS_TARGET.length)
    return { action, version: STS_VERSION, members: eachGivenOnce(flat('', readInput(request, action))) }
  }
  const bytes = request.body as Buffer
  if (bytes.length > MOST_BYTES) throw malformedInput(`The body exceeds ${MOST_BYTES} bytes.`)
  const body = bytes.toString('latin1')
  if (body.split('&', MOST_PARAMETERS + 1).length > MOST_PARAMETERS)
    throw malformedInput(`There are more than ${MOST_PARAMETERS} parameters.`)
  const sent = [...parseQuery(request.path), ...parseQuery(`?${body}`)]
  const members = eachGivenOnce(sent.map(([name, value]) => [asText(name), asText(value)]))
  const version = members.get('Version') ?? 'NO_VERSION_SPECIFIED'
  return { action: members.get('Action') ?? '', version, members }
}

/** Ten policies and fifty tags, each of full length and every byte escaped, are a fraction of it. */
const MOST_BYTES = 1024 * 1024
const MOST_PARAMETERS = 1000

/** The parser leaves bytes as they are, because it is bytes that are signed. */
const asText = (bytes: string) => Buffer.from(bytes, 'latin1').toString('utf8')

function eachGivenOnce(sent: readonly (readonly [name: string, value: string])[]): ReadonlyMap<string, string> {
  const members = new Map<string, string>()
  for (const [name, value] of sent) {
    if (members.has(name)) throw malformedInput(`The parameter ${shortened(name)} is given more than once.`)
    members.set(name, value)
  }
  return members
}

/** A refusal of what cannot be read. */
export const malformedInput = (message: string) => new ServiceException('MalformedInput', message)

/** Names are short; what somebody sends for one need not be. */
export const shortened = (name: string): string => name.slice(0, LONGEST_NAME)
const LONGEST_NAME = 128

/** JSON in the names the query protocol would give its members. */
function flat(name: string, value: unknown): [name: string, value: string][] {
  if (value === null || value === undefined) return []
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean')
    return [[name, String(value)]]
  if (Array.isArray(value)) return value.flatMap((item, index) => flat(`${name}.member.${index + 1}`, item))
  return Object.entries(value).flatMap(([key, member]) => flat(name === '' ? key : `${name}.${key}`, member))
}

/** An action's result. */
export function writeResult(
  form: AnswerForm,
  { namespace }: QueryApi,
  action: string,
  result: object,
  requestId: string,
): HttpResponse {
  if (form === 'aws-json') return writeOutput(result, requestId)
  const content = { [`${action}Result`]: result, ResponseMetadata: { RequestId: requestId } }
  if (form === 'json') return respond(200, requestId, asJson({ [`${action}Response`]: content }))
  return respond(200, requestId, asXml(`${action}Response`, namespace, content))
}

/**
 * A refusal; what is none is ours, and says no more than that.
 * https://docs.aws.amazon.com/STS/latest/APIReference/CommonErrors.html
 */
export function writeRefusal(
  form: AnswerForm,
  { namespace }: QueryApi,
  error: unknown,
  requestId: string,
): HttpResponse {
  if (form === 'aws-json') return writeError(error, requestId)
  const { code, message } = error instanceof ServiceException ? error : new ServiceException('InternalFailure')
  const status = statuses.get(code) ?? 403
  const Error = {
    Type: status === 500 ? 'Receiver' : 'Sender',
    Code: codes.get(code) ?? code.replace(/Exception$/, ''),
    Message: message,
  }
  const content = { Error, RequestId: requestId }
  const answer = form === 'json' ? asJson(content) : asXml('ErrorResponse', namespace, content)
  return respond(status, requestId, answer, code)
}

/** Codes these services have other words for than services that speak JSON; the rest differ only in the ending. */
const codes = new Map([
  ['UnrecognizedClientException', 'InvalidClientTokenId'],
  ['InvalidSignatureException', 'SignatureDoesNotMatch'],
])

/** What is wrong with who calls is 403. */
const statuses = new Map([
  ['InternalFailure', 500],
  ['NoSuchEntity', 404],
  ['InvalidAction', 400],
  ['InvalidParameterValue', 400],
  ['MalformedInput', 400],
  ['MalformedPolicyDocument', 400],
  ['PackedPolicyTooLarge', 400],
  ['RequestEntityTooLargeException', 413],
  ['ServiceUnavailable', 503],
  ['ThrottlingException', 400],
  ['ValidationError', 400],
])

interface Body {
  readonly type: string
  readonly text: string
}

/** `reason` is for those who count: no client sees it. */
function respond(statusCode: number, requestId: string, { type, text }: Body, reason?: string): HttpResponse {
  const length = String(Buffer.byteLength(text))
  return new HttpResponse({
    statusCode,
    ...(reason !== undefined && { reason }),
    headers: { 'content-type': type, 'content-length': length, 'x-amzn-requestid': requestId },
    body: text,
  })
}

/** Times are epoch seconds here. */
const asJson = (content: object): Body => ({
  type: 'application/json',
  text: JSON.stringify(content, function (this: Record<string, unknown>, name, value: unknown) {
    const original = this[name]
    return original instanceof Date ? original.getTime() / 1000 : value
  }),
})

const asXml = (root: string, namespace: string, content: object): Body => ({
  type: 'text/xml',
  text: `<${root} xmlns="${namespace}">${inXml(content)}</${root}>`,
})

/** Structures by the names of their members, lists as `member` elements, times to the second. */
function inXml(value: unknown): string {
  if (value instanceof Date) return value.toISOString().replace(/\.\d{3}Z$/, 'Z')
  if (Array.isArray(value)) return value.map((item) => `<member>${inXml(item)}</member>`).join('')
  if (typeof value !== 'object' || value === null) return escape(String(value))
  const present = Object.entries(value).filter(([, member]) => member !== undefined)
  return present.map(([name, member]) => `<${name}>${inXml(member)}</${name}>`).join('')
}

const entities: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' }

/** Control characters, which a refusal may repeat from the request, would make XML that no client can read. */
const escape = (text: string) =>
  text.replaceAll(/[&<>"]|(?![\t\n\r])\p{Cc}/gu, (character) => entities[character] ?? '\ufffd')
