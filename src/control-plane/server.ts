import type { IncomingMessage, ServerResponse } from 'node:http'
import { isLargeBody } from '../coordination/event-loop.js'
import { type AdmittedExchange, type ExchangeDeps, exchanges, type Plane } from '../server/exchange.js'
import { type HealthDeps, healthEndpoint, type HealthResponse } from '../server/health.js'
import type { ConnectionHabits, PlaneHandler } from '../server/listener.js'
import { protectiveHeaders } from '../server/inert-headers.js'
import { memoryBudget } from '../server/memory-budget.js'
import type { AdminDeps } from './admin/admin-routes.js'
import { signingKeyCache } from '../sigv4/signature.js'
import { hashOfLargeBody, MAX_BODY_BYTES } from './bodies.js'
import { credentialsHints } from './credentials-hint.js'
import { dispatch } from './dispatch.js'
import { type ExpressAppDeps, lateExpressApp } from './express-app.js'
import { type ControlPlaneDeps, handle } from './handle.js'
import { targetOperation } from './protocols/aws-json.js'
import { namesAction } from './protocols/aws-query.js'
import { isForLocalstack } from '../localstack/endpoints.js'
import { type LocalstackServerDeps, serveLocalstack } from './localstack-server.js'
import { receivedRequest } from './received-request.js'
import { bodyTooLarge, type RefusalDeps, refuseCall } from './refusal.js'
import { operations } from './services/ecr/operation-table.js'
import { type PageSettings, refuseWebPages } from './web-pages.js'

/** The dependencies of a control plane's server. */
export type ControlPlaneServerDeps = Omit<ControlPlaneDeps, 'signingKeys'> &
  ExpressAppDeps &
  Pick<PageSettings, 'consoleHosts'> &
  HealthDeps &
  Pick<LocalstackServerDeps, 'initStatus'> &
  Omit<ExchangeDeps, 'memory'>

/** Node's defaults, which suit SDKs: they keep a connection only as long as they make calls. */
const HABITS: ConnectionHabits = {
  keepAliveTimeoutMs: 5_000,
  requestTimeoutMs: 300_000,
  hasIdleTimeout: false,
  isReadFirst: () => true,
}

/**
 * What answers the requests of the ECR API. Calls do not pass through Express, which would cost more than the rest of
 * a call; it serves `/_admin`, the console and the 404 for all other paths.
 */
export function controlPlane(parts: ControlPlaneServerDeps): PlaneHandler {
  const memory = memoryBudget(parts.limits.bodiesMiB * 1024 * 1024)
  const api = exchanges(apiPlane({ ...parts, hintFor: credentialsHints(), signingKeys: signingKeyCache() }), {
    ...parts,
    memory,
  })
  const app = lateExpressApp(parts)
  return {
    habits: HABITS,
    listener(req, res) {
      if (isApiCall(req)) return api(req, res)
      if (isForLocalstack(req)) return void serveLocalstack(req, res, { ...parts, memory })
      const health = healthEndpoint(req, parts)
      if (health) void sendHealth(health, res, parts)
      else app(req, res)
    },
  }
}

/** Presigned calls of STS are URLs: `GET /?Action=…`. */
const isApiCall = ({ method, url = '' }: IncomingMessage) =>
  (method === 'POST' && (url === '/' || url.startsWith('/?'))) || (method === 'GET' && namesAction(url))

async function sendHealth(health: Promise<HealthResponse>, res: ServerResponse, { log }: AdminDeps): Promise<void> {
  try {
    const { statusCode, headers, body } = await health
    res.writeHead(statusCode, { ...protectiveHeaders, ...headers }).end(body)
  } catch (err) {
    log.error({ err }, 'failed unexpectedly')
    res.destroy()
  }
}

type ApiDeps = ControlPlaneDeps & Pick<AdminDeps, 'adminAllowed'> & Pick<PageSettings, 'consoleHosts'> & RefusalDeps

const apiPlane = (deps: ApiDeps): Plane => ({
  name: 'control',
  protocol: 'aws-api',
  writesRequestId: true,
  bodyLimit: { maxBytes: MAX_BODY_BYTES, tooLarge: bodyTooLarge },
  describe: describeCall,
  screen: (req) => refuseWebPages(req, { isLoopbackOnly: deps.adminAllowed, consoleHosts: deps.consoleHosts }),
  answer: (exchange) => answerCall(exchange, deps),
  refuse: (thrown, exchange) => refuseCall(thrown, exchange, deps),
})

async function answerCall(exchange: AdmittedExchange, deps: ApiDeps): Promise<void> {
  const { body } = exchange
  const bodyHash = isLargeBody(body.length) ? await hashOfLargeBody(body) : undefined
  const answer = await handle(receivedRequest(exchange, body, bodyHash), exchange, deps)
  exchange.res.writeHead(answer.statusCode, answer.headers).end(answer.body)
}

/** Metrics count by operation. Only known names are used, so that clients cannot create new series. */
function describeCall(req: IncomingMessage) {
  const { method = '', headers, url: path = '/' } = req
  const request = { method, path, headers: headers as Record<string, string> }
  const { service } = dispatch(request)
  const name = targetOperation(request)
  if (service.name !== 'ecr') return { operation: service.name, description: name ?? service.name }
  return { operation: name && Object.hasOwn(operations, name) ? name : 'unknown', description: name ?? '' }
}
