import { HttpResponse } from '@smithy/protocol-http'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { serverException, ServiceException } from '../registry/errors.js'
import { discardBody } from '../server/discard-body.js'
import type { Exchange, Refusal } from '../server/exchange.js'
import { protectiveHeaders } from './admin/own-origin.js'
import type { AuthenticateDeps, ReceivedRequest } from './authenticate.js'
import { MAX_BODY_BYTES } from './bodies.js'
import type { TellHint } from './credentials-hint.js'
import { serviceOf } from './handle-query.js'
import { writeError } from './protocols/aws-json.js'
import { answerForm, isQueryCall, writeRefusal } from './protocols/aws-query.js'
import { receivedRequest } from './received-request.js'
import { apis } from './services/query-actions.js'
import { isAway, isOfStorage, RETRY_AFTER_SECONDS } from './unavailable.js'
import { WebPageRefused } from './web-pages.js'

/** What a refusal is worked out from. */
export interface RefusalDeps extends Pick<AuthenticateDeps, 'identities' | 'clock'> {
  readonly tellHint: TellHint
}

/** The refusal of a call whose body exceeds what any operation takes. */
export const bodyTooLarge = () =>
  new ServiceException('RequestEntityTooLargeException', `The request body exceeds ${MAX_BODY_BYTES} bytes.`)

/**
 * Writes the refusal of a call in the protocol of the call, whichever step refused it. What is no refusal is a failure of
 * ours: it is logged, and the client learns no more than that.
 */
export async function refuseCall(thrown: unknown, exchange: Exchange, deps: RefusalDeps): Promise<Refusal> {
  const { req, res, facts, log } = exchange
  const request = receivedRequest(exchange)
  const refusal = refusalIn(thrown, request)
  if (!refusal) log.error({ err: thrown }, 'failed unexpectedly')
  if (!isAway(thrown)) facts.now ??= await deps.clock.now().catch(() => undefined)
  const response = responseTo(refusal ?? thrown, request)
  if (isAway(thrown)) response.headers['retry-after'] = RETRY_AFTER_SECONDS
  send(response, req, res)
  const { code, message } = refusal ?? failureOf(request)
  return {
    code,
    message,
    ...deps.tellHint(request, { code, message }, { ...deps, log }),
    ...(facts.description === 'BatchGetImage' && FAILED_PULL.has(code) && { isFailedPull: true }),
  }
}

/** What a pull through the API is refused with where neither repository nor rule exists, or the data plane is unavailable. */
const FAILED_PULL: ReadonlySet<string> = new Set(['RepositoryNotFoundException', 'ServerException'])

/** Undefined for what was thrown by a failure of ours. */
function refusalIn(thrown: unknown, request: ReceivedRequest): ServiceException | undefined {
  if (isOfStorage(thrown))
    return isQueryCall(request)
      ? new ServiceException('ServiceUnavailable', thrown.message)
      : serverException(thrown.message)
  return thrown instanceof ServiceException ? thrown : undefined
}

const failureOf = (request: ReceivedRequest) =>
  isQueryCall(request) ? new ServiceException('InternalFailure') : serverException('')

function responseTo(error: unknown, request: ReceivedRequest): HttpResponse {
  if (error instanceof WebPageRefused) return pageResponse(error)
  if (!isQueryCall(request)) return writeError(error, request.requestId)
  return writeRefusal(answerForm(request), apis[serviceOf(request)], error, request.requestId)
}

/** Pages get plain JSON: they speak no protocol of AWS. */
function pageResponse({ message }: ServiceException): HttpResponse {
  const body = JSON.stringify({ message })
  const framing = { 'content-type': 'application/json', 'content-length': String(Buffer.byteLength(body)) }
  return new HttpResponse({ statusCode: 403, headers: { ...protectiveHeaders, ...framing }, body })
}

/** Where the body is still arriving the refusal is written at once, and ends with the body. */
function send({ statusCode, headers, body }: HttpResponse, req: IncomingMessage, res: ServerResponse): void {
  res.writeHead(statusCode, headers)
  if (req.readableEnded || req.destroyed) return void res.end(body)
  res.write(body)
  discardBody(req, () => res.end())
}
