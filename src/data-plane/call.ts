import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'node:http'
import type { Authorize } from '../access/authorize.js'
import type { DecisionLog } from '../access/explain/decision-log.js'
import type { Identities } from '../access/identities.js'
import type { Pins } from '../registry/ports/pins.js'
import type { RequestLimits } from '../server/request-limits.js'
import type { Wait } from '../registry/ports/importer.js'
import type { MemoryBudget } from '../server/memory-budget.js'
import type { BlobStore } from '../registry/ports/blob-store.js'
import type { Clock } from '../registry/ports/clock.js'
import type { Ids } from '../registry/ports/ids.js'
import type { Leases } from '../registry/ports/lease.js'
import type { Log } from '../registry/ports/log.js'
import type { Metrics } from '../registry/ports/metrics.js'
import type { Store } from '../registry/ports/store.js'
import type { Traces } from '../registry/ports/traces.js'
import type { Principal } from '../registry/principal.js'
import type { Quotas } from '../registry/quotas.js'
import type { Registry } from '../registry/registry.js'
import type { RequestContext } from '../registry/request-context.js'
import type { AboutDeps } from '../server/health.js'
import type { PlaneServerDeps } from '../server/listener.js'
import type { ControlPlaneRequests } from './private/control-plane-requests.js'
import type { PullThrough } from '../pull-through-cache/pulls.js'
import type { PullSessions } from './pull-sessions.js'

/** What a data plane is made of. */
export type DataPlaneParts = Omit<DataPlaneDeps, 'admission' | 'room' | 'controlPlane'>

/** Everything a request to the registry may need. */
export interface DataPlaneDeps extends AboutDeps, PlaneServerDeps {
  readonly store: Store
  readonly blobs: BlobStore
  readonly pins: Pins
  readonly leases: Leases
  readonly clock: Clock
  readonly ids: Ids
  readonly log: Log
  readonly authorize: Authorize
  readonly decisions: DecisionLog
  /** Whose tokens are still good. */
  readonly identities: Pick<Identities, 'policiesOf'>
  readonly pullThrough: PullThrough
  readonly pullSessions: PullSessions
  /** Reads authorization tokens and layer URLs; the control plane signs with the same. */
  readonly secret: string
  /** How far the clocks of the machines may differ that planes of one installation run on. */
  readonly maxSkewSeconds: number
  readonly controlPlane: ControlPlaneRequests
  /** `relaxed` takes everybody at their word. */
  readonly auth: 'strict' | 'relaxed'
  /** Whether pulls need no credentials. */
  readonly anonymousPull: boolean
  readonly metrics: Metrics
  readonly traces: Traces
  readonly admission: RequestLimits
  /** The memory all small bodies share. */
  readonly room: MemoryBudget
  readonly quotas: Quotas
}

/** One authenticated request, resolved to a registry. */
export interface Call {
  readonly req: IncomingMessage
  readonly res: ServerResponse
  readonly query: URLSearchParams
  readonly registry: Registry
  readonly principal: Principal
  readonly request: RequestContext
  readonly now: Date
  /** What waits for an upstream waits in this. */
  readonly wait: Wait
  /** Empty where the endpoint names none. */
  readonly repository: string
  /** Tag, digest or upload id: what the path names last. */
  readonly reference: string
}

/** What answers a call; it throws refusals and leaves writing them to the server. */
export type Endpoint = (call: Call, deps: DataPlaneDeps) => Promise<void>

/** These end with their headers; a length of 0 would be a wrong one (RFC 9110 section 8.6). */
const NEVER_A_BODY: ReadonlySet<number> = new Set([204, 304])

/** Answers with a body, or with the same headers and none where the method is HEAD. */
export function respond(
  { req, res }: Pick<Call, 'req' | 'res'>,
  status: number,
  headers: OutgoingHttpHeaders,
  body?: string | Buffer,
): void {
  const length = body === undefined ? 0 : Buffer.byteLength(body)
  const framing = NEVER_A_BODY.has(status) ? {} : { 'content-length': length }
  res.writeHead(status, { ...framing, ...headers, 'docker-distribution-api-version': 'registry/2.0' })
  res.end(req.method === 'HEAD' ? undefined : body)
}
