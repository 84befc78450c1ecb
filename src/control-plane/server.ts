import { HttpRequest, type HttpResponse } from '@smithy/protocol-http'
import type { Express } from 'express'
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import { type RequestLimits, requestLimits } from '../server/request-limits.js'
import { type MemoryBudget, memoryBudget } from '../server/memory-budget.js'
import type { Metrics } from '../registry/ports/metrics.js'
import type { Span, Traces } from '../registry/ports/traces.js'
import { logWithRequestId } from '../registry/ports/log.js'
import { ServiceException } from '../registry/errors.js'
import { isLargeBody } from '../coordination/event-loop.js'
import { aboutPlane, type AboutDeps } from '../server/health.js'
import { planeServer, type PlaneServerDeps } from '../server/listener.js'
import { readBody } from '../server/read-body.js'
import { isForeign, protectiveHeaders } from './admin/own-origin.js'
import { adminRoutes, type AdminDeps } from './admin/admin-routes.js'
import type { ReceivedRequest } from './authenticate.js'
import { credentialsHints } from './credentials-hint.js'
import { dispatch } from './dispatch.js'
import { type CallFacts, type ControlPlaneDeps, handle } from './handle.js'
import { operations } from './services/ecr/operation-table.js'
import { namesAction } from './protocols/aws-query.js'
import { refuseCall, type RefusalDeps } from './refusal.js'
import { hashAside, MAX_BODY_BYTES } from './bodies.js'
import { refuseForNow, refusePage, refuseTooLarge } from './refused-unread.js'

/** Everything the control plane is made of. */
export type ControlPlaneServerDeps = Omit<ControlPlaneDeps, 'permit' | 'facts'> &
  AdminDeps &
  AboutDeps &
  PlaneServerDeps & { readonly metrics: Metrics; readonly traces: Traces }

/** With what the server keeps count of by itself: who is let in, and the memory all bodies share. */
type Deps = ControlPlaneServerDeps &
  Pick<RefusalDeps, 'hintFor'> & { readonly admission: RequestLimits; readonly room: MemoryBudget }

/** Node's own, which suit SDKs: they keep a connection only while they have calls to make. */
const HABITS = { keepAliveTimeoutMs: 5_000, requestTimeoutMs: 300_000, isReadFirst: true }

/**
 * The control plane's HTTP server. API calls are answered before Express sees them: it would cost more than the rest of
 * the call. Express carries everything else, and is loaded when first needed: that takes longer than half of what the
 * start does besides.
 */
export function controlPlane(given: ControlPlaneServerDeps): Server {
  const { limits, clock } = given
  const room = memoryBudget(limits.bodiesMiB * 1024 * 1024)
  const deps: Deps = { ...given, admission: requestLimits(limits, clock), room, hintFor: credentialsHints() }
  let app: Promise<Express> | undefined

  return planeServer(deps, HABITS, (req, res) => {
    if (isApiCall(req)) return void take(req, res, deps)
    const about = aboutPlane('control', { method: req.method, path: (req.url ?? '').split('?', 1)[0] ?? '' }, deps)
    if (about) return void tell(about, res, deps)
    app ??= expressApp(deps)
    app.then(
      (handler) => void handler(req, res),
      (err: unknown) => giveUp(err, res, deps),
    )
  })
}

function tell(about: NonNullable<ReturnType<typeof aboutPlane>>, res: ServerResponse, deps: Deps): void {
  about.then(
    (answer) => send(res, { ...answer, headers: { ...protectiveHeaders, ...answer.headers } }),
    (err: unknown) => giveUp(err, res, deps),
  )
}

function giveUp(err: unknown, res: ServerResponse, { log }: Deps): void {
  log.error({ err }, 'failed unexpectedly')
  res.destroy()
}

async function expressApp(deps: AdminDeps): Promise<Express> {
  const { default: express } = await import('express')
  const app = express().disable('x-powered-by')
  app.use('/_admin', ...adminRoutes(deps, express.json({ type: () => true })))
  const message = 'API calls are POST /; see the README for the rest'
  app.use((_req, res) => void res.status(404).set(protectiveHeaders).json({ message }))
  return app
}

/** Presigned calls of STS are a URL to follow: `GET /?Action=…`. */
const isApiCall = ({ method, url = '' }: IncomingMessage) =>
  (method === 'POST' && (url === '/' || url.startsWith('/?'))) || (method === 'GET' && namesAction(url))

/**
 * Only browsers send these headers, and no page has business here: there is no CORS. Signatures do not keep pages out, the
 * key `test` with secret `test` being public. After DNS rebinding a page posts with an Origin of its own, but a GET comes
 * without either header: on loopback it is told by the host name. https://www.w3.org/TR/fetch-metadata/#sec-fetch-site-header
 */
const isOfWebPage = ({ method, headers }: IncomingMessage, { adminAllowed }: AdminDeps) =>
  headers.origin !== undefined ||
  headers['sec-fetch-site'] !== undefined ||
  (method === 'GET' && adminAllowed && isForeign(headers))

/** Gives a call its id, under which it is logged, traced and can be explained, and tells how it ended. */
function take(req: IncomingMessage, res: ServerResponse, deps: Deps): Promise<void> {
  const request = received(req, deps.ids.uuid())
  const ends = deps.metrics.request('control')
  const asked = { 'http.request.method': request.method, 'url.path': '/', 'rpc.system.name': 'aws-api' }
  return deps.traces.request(req.headers, asked, async (span) => {
    const answered = await answer(req, request, { ...deps, log: logWithRequestId(deps.log, request.requestId) })
    if (answered.isUnread) refuse(req, res, answered.response)
    else send(res, answered.response)
    const operation = operationOf(request)
    ends(operation, answered.response.reason ?? 'ok')
    report(request, operation, answered.response, span, deps)
  })
}

interface Answered {
  readonly response: HttpResponse
  /** Whether the body may still be on its way. */
  readonly isUnread?: true
}

async function answer(req: IncomingMessage, request: ReceivedRequest, deps: Deps): Promise<Answered> {
  try {
    if (isOfWebPage(req, deps)) return { response: await refusePage(request, deps), isUnread: true }
    const body = await readBody(req, MAX_BODY_BYTES, deps.room)
    if (body === 'too large') return { response: await refuseTooLarge(request, deps), isUnread: true }
    if (body === 'no room') return { response: await refuseForNow(request, deps), isUnread: true }
    request.body = body.bytes
    if (isLargeBody(body.bytes.length)) request.bodyHash = await hashAside(body.bytes)
    return { response: await work(request, deps).finally(body.release) }
  } catch {
    const { service, protocol } = dispatch(request)
    const failure = new ServiceException(service.faultCodes.internal)
    return { response: protocol.writeError(failure, { request, service, operation: service.name }), isUnread: true }
  }
}

async function work(request: ReceivedRequest, deps: Deps): Promise<HttpResponse> {
  const place = deps.admission.acquire()
  if (!place) return refuseForNow(request, deps)
  const { service } = dispatch(request)
  const [, target = ''] = (request.headers['x-amz-target'] ?? '').split('.')
  const facts: CallFacts = { description: service.name === 'ecr' ? target : service.name }
  try {
    const response = await handle(request, { ...deps, permit: place, facts })
    const at = (facts.now ?? deps.clock.wall()).getTime()
    deps.decisions.ended(request.requestId, { at, plane: 'control', operation: facts.description })
    return response
  } catch (thrown) {
    return await refuseCall(thrown, request, facts, deps)
  } finally {
    place.release()
  }
}

const received = (req: IncomingMessage, requestId: string): ReceivedRequest =>
  Object.assign(
    new HttpRequest({
      method: req.method ?? 'POST',
      path: req.url ?? '/',
      headers: req.headers as Record<string, string>,
    }),
    {
      ...{ requestId, rawHeaders: req.rawHeaders },
      ...{ remoteAddress: req.socket.remoteAddress, isSecure: 'encrypted' in req.socket },
    },
  )

/** Only names we know: what is counted by name must not grow by whatever clients make up. */
function operationOf(request: ReceivedRequest): string {
  const { service } = dispatch(request)
  if (service.name !== 'ecr') return service.name
  const [, name = ''] = (request.headers['x-amz-target'] ?? '').split('.')
  return Object.hasOwn(operations, name) ? name : 'unknown'
}

/** What fails by our own fault, or a store's, is news; the rest is told to those who ask for it. */
function report({ requestId }: ReceivedRequest, operation: string, response: HttpResponse, span: Span, { log }: Deps) {
  const { statusCode: status, reason: outcome = 'ok' } = response
  log[status >= 500 ? 'info' : 'debug']({ requestId, operation, outcome, status }, 'answered')
  const facts = { 'http.response.status_code': status, 'aws.request_id': requestId, 'rpc.method': operation }
  span.ended(operation, facts, status >= 500 ? outcome : undefined)
}

/** How long a refused client may go on sending: closed at once, the connection would be reset and the refusal lost. */
const LINGER_MS = 5_000

/** Refuses a call whose body is still on its way; the answer, whole already, ends with the body. */
function refuse(req: IncomingMessage, res: ServerResponse, refusal: HttpResponse): void {
  if (req.readableEnded || req.destroyed) return send(res, refusal)
  const end = () => {
    clearTimeout(timer)
    res.end()
  }
  const timer = setTimeout(() => req.destroy(), LINGER_MS)
  req.once('end', end).once('close', end).resume()
  res.writeHead(refusal.statusCode, refusal.headers).write(refusal.body)
}

function send(
  res: ServerResponse,
  { statusCode, headers, body }: Pick<HttpResponse, 'statusCode' | 'headers' | 'body'>,
) {
  res.writeHead(statusCode, headers).end(body)
}
