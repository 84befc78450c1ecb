import { HttpRequest, type HttpResponse } from '@smithy/protocol-http'
import type { Express } from 'express'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { adminRoutes, type AdminDeps } from './admin.js'
import { type ControlPlaneDeps, handle } from './handle.js'
import { handleQuery } from './handle-query.js'
import { writeError } from './protocol/aws-json.js'
import { isQueryCall, namesAction } from './protocol/aws-query.js'
import { readBody } from './read-body.js'

/**
 * The control plane's HTTP server. API calls are answered before Express sees them: it would cost more than the rest of
 * the call. Express carries everything else, and is loaded when first needed: that takes longer than half of what the
 * start does besides.
 */
export function controlPlane(deps: ControlPlaneDeps & AdminDeps): Server {
  let app: Promise<Express> | undefined

  return createServer((req, res) => {
    if (isApiCall(req)) return void (mayCall(req, deps) ? answer(req, res, deps) : send(res, pagesMayNot))
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
  app.use((_req, res) => void res.status(404).json({ message: 'API calls are POST /; see the README for the rest' }))
  return app
}

const isHealthCheck = ({ method, url = '' }: IncomingMessage) =>
  (method === 'GET' || method === 'HEAD') && url.split('?', 1)[0] === '/health'

const health = ({ about }: AdminDeps) => ({
  statusCode: 200,
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify({ status: 'ok', plane: 'control', ...about }),
})

/** Presigned calls of STS are a URL to follow: `GET /?Action=…`. */
const isApiCall = ({ method, url = '' }: IncomingMessage) =>
  (method === 'POST' && (url === '/' || url.startsWith('/?'))) || (method === 'GET' && namesAction(url))

/**
 * Where signatures are not checked, nothing but this keeps a page of any site from calling, after DNS rebinding even with
 * its own host name. Only browsers send these headers.
 */
const mayCall = ({ headers }: IncomingMessage, { auth }: ControlPlaneDeps) =>
  auth === 'strict' || (headers.origin === undefined && headers['sec-fetch-site'] === undefined)

const pagesMayNot = {
  statusCode: 403,
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify({ message: 'Web pages may not call an API that checks no signatures (--auth relaxed)' }),
}

async function answer(req: IncomingMessage, res: ServerResponse, deps: ControlPlaneDeps): Promise<void> {
  try {
    const received = {
      method: req.method ?? 'POST',
      path: req.url ?? '/',
      headers: req.headers as Record<string, string>,
      body: await readBody(req),
    }
    const request = Object.assign(new HttpRequest(received), {
      rawHeaders: req.rawHeaders,
      remoteAddress: req.socket.remoteAddress,
      isSecure: 'encrypted' in req.socket,
    })
    send(res, isQueryCall(request) ? await handleQuery(request, deps) : await handle(request, deps))
  } catch (error) {
    refuse(req, res, writeError(error, deps.ids.uuid()))
  }
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
