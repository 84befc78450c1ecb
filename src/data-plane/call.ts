import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'node:http'
import type { Authorize } from '../access/authorize.js'
import type { DecisionLog } from '../access/explain/decision-log.js'
import type { Identities } from '../access/identities.js'
import type { KeyedMutex } from '../coordination/keyed-mutex.js'
import type { RecordPullTime } from '../registry/images/record-pull.js'
import type { Blobs, Redirects, Uploads, WithNotes } from '../registry/ports/blob-store.js'
import type { Wait } from '../registry/ports/importer.js'
import type { Leases } from '../registry/ports/lease.js'
import type { Pins } from '../registry/ports/pins.js'
import type { Store } from '../registry/ports/store.js'
import type { Principal } from '../registry/principal.js'
import type { Quotas } from '../registry/quotas.js'
import type { Registry } from '../registry/registry.js'
import type { RequestContext } from '../registry/request-context.js'
import type { AdmittedExchange, ExchangeDeps } from '../server/exchange.js'
import type { HealthDeps } from '../server/health.js'
import type { PlaneServerDeps } from '../server/listener.js'
import type { GrantReader } from './basic-credentials.js'
import type { ControlPlaneRequests } from './private/control-plane-requests.js'
import type { PullThroughCache } from '../pull-through-cache/pull-through-cache.js'
import type { PullSessions } from './pull-sessions.js'
import type { UploadLocks } from './upload-locks.js'

/** The parts a data plane is composed of. */
export interface DataPlaneParts extends HealthDeps, PlaneServerDeps, Omit<ExchangeDeps, 'memory' | 'decisions'> {
  readonly store: Store
  readonly blobs: Blobs & Uploads & WithNotes & Partial<Redirects>
  readonly pins: Pins
  readonly leases: Leases
  /** By upload id. */
  readonly uploadMutex: KeyedMutex
  readonly recordPullTime: RecordPullTime
  readonly authorize: Authorize
  readonly decisions: DecisionLog
  /** A token is good only while its user or role exists. */
  readonly identities: Pick<Identities, 'policiesOf'>
  readonly pullThrough: PullThroughCache
  readonly pullSessions: PullSessions
  /** Signs authorization tokens and layer URLs; the control plane has the same secret. */
  readonly secret: string
  /** How far the clocks of an installation's machines may differ. */
  readonly maxSkewSeconds: number
  /** `relaxed`: any password is an administrator's. */
  readonly auth: 'strict' | 'relaxed'
  /** Whether pulls need no credentials. */
  readonly anonymousPull: boolean
  readonly quotas: Quotas
}

/** Everything a request to the registry may need: the parts, and what the data plane itself keeps. */
export interface DataPlaneDeps extends DataPlaneParts, Pick<ExchangeDeps, 'memory'> {
  readonly grantIn: GrantReader
  readonly controlPlane: ControlPlaneRequests
  readonly uploadLocks: UploadLocks
}

/** An admitted request at a time of the emulator's clock, before it is known who makes it. */
export interface DataPlaneRequest extends AdmittedExchange {
  readonly query: URLSearchParams
  readonly now: Date
}

/** A request of an authenticated caller, resolved to a registry. */
export interface Call {
  readonly req: IncomingMessage
  readonly res: ServerResponse
  readonly query: URLSearchParams
  readonly registry: Registry
  readonly principal: Principal
  readonly request: RequestContext
  readonly now: Date
  /** Runs work that waits for an upstream; meanwhile the request gives up its permit. */
  readonly wait: Wait
  /** Empty where the path names none. */
  readonly repository: string
  /** The last segment of the path: a tag, a digest or an upload id. */
  readonly reference: string
}

/** Answers a call, or throws the refusal. */
export type Endpoint = (call: Call, deps: DataPlaneDeps) => Promise<void>

/** Statuses without content; a content-length of 0 would be wrong (RFC 9110 section 8.6). */
const WITHOUT_CONTENT: ReadonlySet<number> = new Set([204, 304])

/** Answers with a body; to HEAD, with the same headers and no body. */
export function respond(
  { req, res }: Pick<Call, 'req' | 'res'>,
  status: number,
  headers: OutgoingHttpHeaders,
  body?: string | Buffer,
): void {
  const length = body === undefined ? 0 : Buffer.byteLength(body)
  const framing = WITHOUT_CONTENT.has(status) ? {} : { 'content-length': length }
  res.writeHead(status, { ...framing, ...headers, 'docker-distribution-api-version': 'registry/2.0' })
  res.end(req.method === 'HEAD' ? undefined : body)
}
