import { type HttpRequest, HttpResponse } from '@smithy/protocol-http'
import { ServiceException } from '../registry/errors.js'
import { authenticate } from './authenticate.js'
import type { ControlPlaneDeps } from './handle.js'

const NAMESPACE = 'https://sts.amazonaws.com/doc/2011-06-15/'

/**
 * The one STS call every ECR script makes, GetCallerIdentity, in STS's own protocol (awsQuery).
 * https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html
 */
export async function handleSts(request: HttpRequest, deps: ControlPlaneDeps): Promise<HttpResponse> {
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
    const isOurs = refusal.code === 'InternalFailure'
    const type = element('Type', isOurs ? 'Receiver' : 'Sender')
    const body = `<Error>${type}${element('Code', refusal.code.replace(/Exception$/, ''))}${element('Message', refusal.message)}</Error>`
    return xml(isOurs ? 500 : 403, 'ErrorResponse', body, requestId)
  }
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
