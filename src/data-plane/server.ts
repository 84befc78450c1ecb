import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Log } from '../registry/ports/log.js'
import { exchanges, type Plane } from '../server/exchange.js'
import { healthEndpoint, type HealthResponse } from '../server/health.js'
import type { ConnectionHabits } from '../server/listener.js'
import { memoryBudget } from '../server/memory-budget.js'
import type { RegistryHandler } from '../server/one-port.js'
import { answerRequest } from './answer.js'
import { tokenReader } from './basic-credentials.js'
import { type DataPlaneDeps, type DataPlaneParts, respond } from './call.js'
import { internalError, refuseRequest, writeOciRefusal } from './oci-refusal.js'
import { controlPlaneRequests } from './private/control-plane-requests.js'
import { isRegistryPath } from './routes.js'
import { uploadLocks } from './upload-locks.js'

/**
 * Docker keeps connections open between the requests of a pull. Pushes and pulls may take hours as long as bytes move.
 */
const HABITS: ConnectionHabits = {
  keepAliveTimeoutMs: 75_000,
  requestTimeoutMs: 0,
  hasIdleTimeout: true,
  isReadFirst: () => false,
}

/** What answers the requests of the OCI registry. */
export function dataPlane(parts: DataPlaneParts): RegistryHandler {
  const deps: DataPlaneDeps = {
    ...parts,
    memory: memoryBudget(parts.limits.bodiesMiB * 1024 * 1024),
    tokens: tokenReader(parts),
    controlPlane: controlPlaneRequests(parts),
    uploadLocks: uploadLocks(parts),
  }
  const registry = exchanges(registryPlane(deps), deps)
  return {
    habits: HABITS,
    isRegistryRequest: ({ url = '' }) => isRegistryPath(url),
    listener(req, res) {
      const health = healthEndpoint(req, deps)
      if (health) void sendHealth(health, req, res, deps)
      else registry(req, res)
    },
  }
}

async function sendHealth(
  health: Promise<HealthResponse>,
  req: IncomingMessage,
  res: ServerResponse,
  { ids, log }: DataPlaneDeps,
): Promise<void> {
  res.setHeader('x-amzn-requestid', ids.uuid())
  try {
    const { statusCode, headers, body } = await health
    respond({ req, res }, statusCode, headers, body)
  } catch (err) {
    log.error({ err }, 'failed unexpectedly')
    writeOciRefusal(internalError(), req, res)
  }
}

/** The parts with the log of a request. They are inherited, because copying several dozens takes 2.6 µs. */
const withLog = (deps: DataPlaneDeps, log: Log): DataPlaneDeps =>
  Object.assign(Object.create(deps) as DataPlaneDeps, { log })

const registryPlane = (deps: DataPlaneDeps): Plane => ({
  name: 'data',
  protocol: 'oci-distribution',
  writesRequestId: false,
  // The operation's name is set later, after the route was found.
  describe: ({ method = '', url = '' }) => ({
    operation: 'unknown',
    description: `${method} ${url.split('?', 1)[0]}`,
  }),
  screen: () => {},
  answer: (exchange) => answerRequest(exchange, withLog(deps, exchange.log)),
  refuse: (thrown, exchange) => refuseRequest(thrown, exchange, deps),
})
