import { type HttpRequest, HttpResponse } from '@smithy/protocol-http'
import { ServiceException } from '../registry/errors.js'
import { authenticate, type ReceivedRequest } from './authenticate.js'
import type { ControlPlaneDeps } from './handle.js'

const NAMESPACE = 'https://sts.amazonaws.com/doc/2011-06-15/'

/**
 * The one STS call every ECR script makes, GetCallerIdentity, in STS's own protocol (awsQuery).
 * https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html
 */
export async function handleSts(request: ReceivedRequest, deps: ControlPlaneDeps): Promise<HttpResponse> {
  const requestId = deps.ids.uuid()
  try {
    const { principal, region } = authenticate(request, 'sts', deps)
    const action = new URLSearchParams((request.body as Buffer).toString('utf8')).get('Action')
    if (action !== 'GetCallerIdentity') throw invalidAction(action)
    const { arn, account, userId } = principal
    await deps.authorize({ principal, action: `sts:${action}`, resources: ['*'], registry: { account, region } })
    const identity = element('Arn', arn) + element('UserId', userId) + element('Account', account)
    return xml(
      200,
      'GetCallerIdentityResponse',
      `<GetCallerIdentityResult>${identity}</GetCallerIdentityResult>`,
      requestId,
    )
  } catch (error) {
    const refusal = error instanceof ServiceException ? error : new ServiceException('InternalFailure')
    if (refusal !== error) deps.log.error({ requestId, err: error }, 'failed unexpectedly')
    return refuse(refusal, requestId)
  }
}

/** Codes STS has other words for than services that speak JSON; the rest differ only in the ending. */
const codes = new Map([
  ['UnrecognizedClientException', 'InvalidClientTokenId'],
  ['InvalidSignatureException', 'SignatureDoesNotMatch'],
])
const statuses = new Map([
  ['InternalFailure', 500],
  ['InvalidAction', 400],
])

/** https://docs.aws.amazon.com/STS/latest/APIReference/CommonErrors.html */
function refuse({ code, message }: ServiceException, requestId: string): HttpResponse {
  const status = statuses.get(code) ?? 403
  const type = element('Type', status === 500 ? 'Receiver' : 'Sender')
  const name = element('Code', codes.get(code) ?? code.replace(/Exception$/, ''))
  return xml(status, 'ErrorResponse', `<Error>${type}${name}${element('Message', message)}</Error>`, requestId)
}

/** Whether a call speaks STS's protocol rather than ECR's. */
export const isStsCall = (request: HttpRequest): boolean =>
  (request.headers['content-type'] ?? '').startsWith('application/x-www-form-urlencoded')

const invalidAction = (action: string | null) =>
  new ServiceException('InvalidAction', `Could not find operation ${action ?? ''} for version 2011-06-15`)

function xml(statusCode: number, root: string, content: string, requestId: string): HttpResponse {
  const metadata =
    root === 'ErrorResponse'
      ? element('RequestId', requestId)
      : `<ResponseMetadata>${element('RequestId', requestId)}</ResponseMetadata>`
  const body = `<${root} xmlns="${NAMESPACE}">${content}${metadata}</${root}>`
  return new HttpResponse({
    statusCode,
    headers: {
      'content-type': 'text/xml',
      'content-length': String(Buffer.byteLength(body)),
      'x-amzn-requestid': requestId,
    },
    body,
  })
}

const element = (name: string, text: string) => `<${name}>${escape(text)}</${name}>`

const entities: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' }
const escape = (text: string) => text.replaceAll(/[&<>"]/g, (character) => entities[character] ?? character)
