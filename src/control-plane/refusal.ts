import { HttpResponse } from '@smithy/protocol-http'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { ServiceException } from '../registry/errors.js'
import { discardBody } from '../server/discard-body.js'
import type { Exchange, Refusal } from '../server/exchange.js'
import { protectiveHeaders } from '../server/inert-headers.js'
import { claimedScope } from '../sigv4/claimed-scope.js'
import type { AuthenticateDeps } from './authenticate.js'
import { MAX_BODY_BYTES } from './bodies.js'
import type { CredentialsHint } from './credentials-hint.js'
import { dispatch } from './dispatch.js'
import { isForAnotherService } from './protocols/aws-json.js'
import { type ReceivedRequest, receivedRequest } from './received-request.js'
import { isStorageFailure, isUnavailable, RETRY_AFTER_SECONDS } from './unavailable.js'
import { WebPageRefused } from './web-pages.js'

/** The dependencies of refusing a call. */
export interface RefusalDeps extends Pick<AuthenticateDeps, 'identities' | 'clock'> {
  readonly hintFor: CredentialsHint
}

/** The refusal of a call whose body is larger than any operation allows. */
export const bodyTooLarge = () =>
  new ServiceException('RequestEntityTooLargeException', `The request body exceeds ${MAX_BODY_BYTES} bytes.`)

/**
 * Writes the refusal of a call in its protocol. Any other error is a failure of the emulator or of its storage: it is
 * logged, and the client gets the service's code for it.
 */
export async function refuseCall(error: unknown, exchange: Exchange, deps: RefusalDeps): Promise<Refusal> {
  const { req, res, facts, log } = exchange
  const request = receivedRequest(exchange)
  const { service, protocol } = dispatch(request)
  const { internal, storage } = service.faultCodes
  const failure = isStorageFailure(error) ? new ServiceException(storage, error.message) : error
  if (!(failure instanceof ServiceException)) log.error({ err: failure }, 'failed unexpectedly')
  const refusal = failure instanceof ServiceException ? failure : new ServiceException(internal)
  if (!isUnavailable(error)) facts.now ??= await deps.clock.now().catch(() => undefined)
  const response =
    refusal instanceof WebPageRefused
      ? pageResponse(refusal, facts.requestId)
      : protocol.writeError(refusal, { request, service, operation: facts.description })
  if (isUnavailable(error)) response.headers['retry-after'] = RETRY_AFTER_SECONDS
  sendRefusal(response, req, res)
  const { code, message } = refusal
  return {
    code,
    message,
    ...deps.hintFor(request, { code, message }, { ...deps, log }),
    ...(service.name === 'ecr' && isMisdirected(request) && { hint: OF_ANOTHER_SERVICE }),
    ...(facts.description === 'BatchGetImage' && FAILED_PULL.has(code) && { isFailedPull: true }),
  }
}

/** Whether a client signed a call for another service. A call without credentials is no line of the refusals. */
const isMisdirected = (request: ReceivedRequest): boolean =>
  isForAnotherService(request) && claimedScope(request) !== undefined

/** ECR refuses calls of other services without a message, so that the client cannot say why they came here. */
const OF_ANOTHER_SERVICE =
  'The call is for another service: AWS_ENDPOINT_URL leads the calls of all services here, AWS_ENDPOINT_URL_ECR those of ECR alone'

/**
 * The refusals of a pull through the API where neither repository nor rule exists, or the data plane is unavailable.
 */
const FAILED_PULL: ReadonlySet<string> = new Set(['RepositoryNotFoundException', 'ServerException'])

/** Web pages get plain JSON, because they do not use a protocol of AWS. */
function pageResponse({ message }: WebPageRefused, requestId: string): HttpResponse {
  const body = JSON.stringify({ message })
  const framing = { 'content-type': 'application/json', 'content-length': String(Buffer.byteLength(body)) }
  const headers = { ...protectiveHeaders, ...framing, 'x-amzn-requestid': requestId }
  return new HttpResponse({ statusCode: 403, headers, body })
}

/** If the body is still arriving, the refusal is written at once and the response ends with the body. */
function sendRefusal({ statusCode, headers, body }: HttpResponse, req: IncomingMessage, res: ServerResponse): void {
  res.writeHead(statusCode, headers)
  if (req.readableEnded || req.destroyed) return void res.end(body)
  res.write(body)
  discardBody(req, () => res.end())
}
