import type { HttpResponse } from '@smithy/protocol-http'
import type { ServiceException } from '../../registry/errors.js'
import type { AnsweredCall } from './protocol.js'
import { type Body, response } from './response.js'

/** The two forms in which the query protocol answers. */
type Form = 'xml' | 'json'

/** The answer to a call of the query protocol. */
export function writeQueryOutput(output: object, form: Form, call: AnsweredCall): HttpResponse {
  const { operation } = call
  const { requestId } = call.request
  const content = { [`${operation}Result`]: output, ResponseMetadata: { RequestId: requestId } }
  const body =
    form === 'json' ? asJson({ [`${operation}Response`]: content }) : asXml(`${operation}Response`, content, call)
  return response(200, requestId, body)
}

/**
 * A refusal in the query protocol.
 * https://docs.aws.amazon.com/STS/latest/APIReference/CommonErrors.html
 */
export function writeQueryError({ code, message }: ServiceException, form: Form, call: AnsweredCall): HttpResponse {
  const { requestId } = call.request
  const status = statuses.get(code) ?? 403
  const Type = status === 500 ? 'Receiver' : 'Sender'
  const Code = codes.get(code) ?? code.replace(/Exception$/, '')
  const content = { Error: { Type, Code, Message: message }, RequestId: requestId }
  return response(status, requestId, form === 'json' ? asJson(content) : asXml('ErrorResponse', content, call))
}

/** Error codes that are named differently than in awsJson; the others differ only in the ending. */
const codes: ReadonlyMap<string, string> = new Map([
  ['UnrecognizedClientException', 'InvalidClientTokenId'],
  ['InvalidSignatureException', 'SignatureDoesNotMatch'],
  ['ExpiredIdentityToken', 'ExpiredTokenException'],
])

/** Statuses of refusals. All others, which concern the caller's identity, have status 403. */
const statuses: ReadonlyMap<string, number> = new Map([
  ['InternalFailure', 500],
  ['NoSuchEntity', 404],
  ['ExpiredIdentityToken', 400],
  ['IDPCommunicationError', 400],
  ['InvalidAction', 400],
  ['InvalidIdentityToken', 400],
  ['InvalidParameterValue', 400],
  ['MalformedInput', 400],
  ['MalformedPolicyDocument', 400],
  ['PackedPolicyTooLarge', 400],
  ['RequestEntityTooLargeException', 413],
  ['ServiceUnavailable', 503],
  ['ThrottlingException', 400],
  ['ValidationError', 400],
])

/** Times are epoch seconds. */
const asJson = (content: object): Body => ({
  type: 'application/json',
  text: JSON.stringify(content, function (this: Record<string, unknown>, name, value: unknown) {
    const original = this[name]
    return original instanceof Date ? original.getTime() / 1000 : value
  }),
})

const asXml = (root: string, content: object, { service }: AnsweredCall): Body => ({
  type: 'text/xml',
  text: `<${root} xmlns="${service.xmlNamespace ?? ''}">${inXml(content)}</${root}>`,
})

/** Structures by the names of their members, lists as `member` elements, times to the second. */
function inXml(value: unknown): string {
  if (value instanceof Date) return value.toISOString().replace(/\.\d{3}Z$/, 'Z')
  if (Array.isArray(value)) return value.map((item) => `<member>${inXml(item)}</member>`).join('')
  if (typeof value !== 'object' || value === null) return escaped(String(value))
  const present = Object.entries(value).filter(([, member]) => member !== undefined)
  return present.map(([name, member]) => `<${name}>${inXml(member)}</${name}>`).join('')
}

const entities: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' }

/**
 * A refusal may repeat control characters from the request. Unescaped, they would make the XML unreadable for clients.
 */
const escaped = (text: string) =>
  text.replaceAll(/[&<>"]|(?![\t\n\r])\p{Cc}/gu, (character) => entities[character] ?? '\ufffd')
