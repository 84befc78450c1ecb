import { HttpResponse } from '@smithy/protocol-http'
import { rateExceeded, ServiceException } from '../registry/errors.js'
import { protectiveHeaders } from './admin/own-origin.js'
import type { ReceivedRequest } from './authenticate.js'
import type { ControlPlaneDeps } from './handle.js'
import { dispatch } from './dispatch.js'
import { MAX_BODY_BYTES } from './bodies.js'

type Deps = Pick<ControlPlaneDeps, 'clock' | 'decisions'>

/** Refuses a call that a browser makes for a page, whatever its body. */
export async function refusePage(request: ReceivedRequest, deps: Deps): Promise<HttpResponse> {
  const refusal = new ServiceException('AccessDeniedException', 'Web pages may not call the API')
  await remember(request, refusal, deps)
  const body = JSON.stringify({ message: refusal.message })
  const framing = { 'content-type': 'application/json', 'content-length': String(Buffer.byteLength(body)) }
  const headers = { ...protectiveHeaders, ...framing, 'x-amzn-requestid': request.requestId }
  return new HttpResponse({ statusCode: 403, reason: refusal.code, headers, body })
}

/** Refuses a call whose body outgrows what any operation takes. */
export const refuseTooLarge = (request: ReceivedRequest, deps: Deps): Promise<HttpResponse> =>
  refuseUnread(
    request,
    new ServiceException('RequestEntityTooLargeException', `The request body exceeds ${MAX_BODY_BYTES} bytes.`),
    deps,
  )

/** Refuses a call there is no room for now: SDKs wait and try again. */
export const refuseForNow = (request: ReceivedRequest, deps: Deps): Promise<HttpResponse> =>
  refuseUnread(request, rateExceeded(), deps)

async function refuseUnread(request: ReceivedRequest, refusal: ServiceException, deps: Deps): Promise<HttpResponse> {
  await remember(request, refusal, deps)
  const { service, protocol } = dispatch(request)
  return protocol.writeError(refusal, { request, service, operation: service.name })
}

/** Remembers a call that was refused before its body was read. */
async function remember(request: ReceivedRequest, { code, message }: ServiceException, { clock, decisions }: Deps) {
  const [, named] = (request.headers['x-amz-target'] ?? '').split('.')
  const { service } = dispatch(request)
  const operation = named ?? (service.name === 'ecr' ? '' : service.name)
  const now = await clock.now().catch(() => clock.wall())
  decisions.ended(request.requestId, { at: now.getTime(), plane: 'control', operation, refusal: { code, message } })
}
