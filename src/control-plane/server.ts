import { HttpRequest, type HttpResponse } from '@smithy/protocol-http'
import express from 'express'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { adminRoutes, type AdminDeps } from './admin.js'
import { type ControlPlaneDeps, handle } from './handle.js'
import { writeError } from './protocol/aws-json.js'
import { readBody } from './read-body.js'
import { handleSts, isStsCall } from './sts.js'

/**
 * The control plane's HTTP server. API calls (`POST /`) are answered before Express sees them: it would cost more than
 * the rest of the call. Express carries everything else.
 */
export function controlPlane(deps: ControlPlaneDeps & AdminDeps): Server {
  const app = express().disable('x-powered-by')
  app.get('/health', (_req, res) => void res.json({ status: 'ok', plane: 'control', ...deps.about }))
  app.use('/_admin', express.json(), ...adminRoutes(deps))
  app.use((_req, res) => void res.status(404).json({ message: 'API calls are POST /; see the README for the rest' }))

  return createServer((req, res) => (isApiCall(req) ? void answer(req, res, deps) : void app(req, res)))
}

const isApiCall = ({ method, url = '' }: IncomingMessage) => method === 'POST' && (url === '/' || url.startsWith('/?'))

async function answer(req: IncomingMessage, res: ServerResponse, deps: ControlPlaneDeps): Promise<void> {
  try {
    const request = new HttpRequest({
      method: 'POST',
      path: req.url ?? '/',
      headers: req.headers as Record<string, string>,
      body: await readBody(req),
    })
    send(res, isStsCall(request) ? await handleSts(request, deps) : await handle(request, deps))
  } catch (error) {
    res.once('finish', () => req.destroy())
    send(res, writeError(error, deps.ids.uuid()))
  }
}

function send(res: ServerResponse, { statusCode, headers, body }: HttpResponse): void {
  res.writeHead(statusCode, headers).end(body)
}
