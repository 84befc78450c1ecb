import { HttpRequest, HttpResponse } from '@smithy/protocol-http'
import type { Express } from 'express'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { ServiceException } from '../registry/errors.js'
import { isForeign, protectiveHeaders } from './admin/own-origin.js'
import { adminRoutes, type AdminDeps } from './admin.js'
import type { ReceivedRequest } from './authenticate.js'
import { type ControlPlaneDeps, handle } from './handle.js'
import { handleQuery, serviceOf } from './handle-query.js'
import { writeError } from './protocol/aws-json.js'
import { answerForm, isQueryCall, namesAction, writeRefusal } from './protocol/aws-query.js'
import { apis } from './query/index.js'
import { MAX_BODY_BYTES, readBody } from './read-body.js'

type Deps = ControlPlaneDeps & AdminDeps

/**
 * The control plane's HTTP server. API calls are answered before Express sees them: it would cost more than the rest of
 * the call. Express carries everything else, and is loaded when first needed: that takes longer than half of what the
 * start does besides.
 */
export function controlPlane(deps: Deps): Server {
  let app: Promise<Express> | undefined

  return createServer((req, res) => {
    if (isApiCall(req)) return void answer(req, res, deps)
    if (isHealthCheck(req)) return send(res, health(deps))
    app ??= expressApp(deps)
    app.then(
      (handler) => void handler(req, res),
      (err: unknown) => {
        deps.log.error({ err }, 'failed unexpectedly')
        res.destroy()
      },
    )
  })
}

async function expressApp(deps: AdminDeps): Promise<Express> {
  const { default: express } = await import('express')
  const app = express().disable('x-powered-by')
  app.use('/_admin', ...adminRoutes(deps, express.json()))
  const message = 'API calls are POST /; see the README for the rest'
  app.use((_req, res) => void res.status(404).set(protectiveHeaders).json({ message }))
  return app
}

const isHealthCheck = ({ method, url = '' }: IncomingMessage) =>
  (method === 'GET' || method === 'HEAD') && url.split('?', 1)[0] === '/health'

const health = ({ about }: AdminDeps) => ({
  statusCode: 200,
  headers: { ...protectiveHeaders, 'content-type': 'application/json' },
  body: JSON.stringify({ status: 'ok', plane: 'control', ...about }),
})

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

async function answer(req: IncomingMessage, res: ServerResponse, deps: Deps): Promise<void> {
  try {
    const request = received(req)
    if (isOfWebPage(req, deps)) return refuse(req, res, await refusePage(request, deps))
    const body = await readBody(req)
    if (body === 'too large') return refuse(req, res, await refuseTooLarge(request, deps))
    request.body = body
    send(res, isQueryCall(request) ? await handleQuery(request, deps) : await handle(request, deps))
  } catch (error) {
    refuse(req, res, writeError(error, deps.ids.uuid()))
  }
}

const received = (req: IncomingMessage): ReceivedRequest =>
  Object.assign(
    new HttpRequest({
      method: req.method ?? 'POST',
      path: req.url ?? '/',
      headers: req.headers as Record<string, string>,
    }),
    { rawHeaders: req.rawHeaders, remoteAddress: req.socket.remoteAddress, isSecure: 'encrypted' in req.socket },
  )

async function refusePage(request: ReceivedRequest, deps: ControlPlaneDeps): Promise<HttpResponse> {
  const refusal = new ServiceException('AccessDeniedException', 'Web pages may not call the API')
  const requestId = await remember(request, refusal, deps)
  const body = JSON.stringify({ message: refusal.message })
  const framing = { 'content-type': 'application/json', 'content-length': String(Buffer.byteLength(body)) }
  const headers = { ...protectiveHeaders, ...framing, 'x-amzn-requestid': requestId }
  return new HttpResponse({ statusCode: 403, headers, body })
}

async function refuseTooLarge(request: ReceivedRequest, deps: ControlPlaneDeps): Promise<HttpResponse> {
  const message = `The request body exceeds ${MAX_BODY_BYTES} bytes.`
  const refusal = new ServiceException('RequestEntityTooLargeException', message)
  const requestId = await remember(request, refusal, deps)
  if (!isQueryCall(request)) return writeError(refusal, requestId)
  return writeRefusal(answerForm(request), apis[serviceOf(request)], refusal, requestId)
}

/** Remembers a call that was refused before its body was read, under the id this answers. */
async function remember(
  request: ReceivedRequest,
  { code, message }: ServiceException,
  { ids, clock, decisions }: ControlPlaneDeps,
): Promise<string> {
  const requestId = ids.uuid()
  const [, named] = (request.headers['x-amz-target'] ?? '').split('.')
  const operation = named ?? (isQueryCall(request) ? serviceOf(request) : '')
  const at = (await clock.now()).getTime()
  decisions.ended(requestId, { at, plane: 'control', operation, refusal: { code, message } })
  return requestId
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

function send(res: ServerResponse, { statusCode, headers, body }: Omit<HttpResponse, 'reason'>): void {
  res.writeHead(statusCode, headers).end(body)
}
