import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'node:http'
import type { Authorize } from '../access/authorize.js'
import type { DecisionLog } from '../access/explain/decision-log.js'
import type { Identities } from '../access/identities.js'
import type { KeyedMutex } from '../coordination/keyed-mutex.js'
import type { ImageSettings } from '../registry/images/image-settings.js'
import type { CheckCreationRole } from '../registry/creation-templates/creation-role.js'
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
import { inertHeaders } from '../server/inert-headers.js'
import type { TokenReader } from './basic-credentials.js'
import type { ActionRates } from '../server/action-rates.js'
import type { ControlPlaneRequests } from './private/control-plane-requests.js'
import type { PullThroughCache } from '../pull-through-cache/pull-through-cache.js'
import type { PullSessions } from './pull-sessions.js'
import type { StatisticsRecorder } from '../registry/ports/statistics-recorder.js'
import type { UploadLocks } from './upload-locks.js'

/** The parts that a data plane is composed of. */
export interface DataPlaneParts extends HealthDeps, Omit<ExchangeDeps, 'memory' | 'decisions'> {
  readonly store: Store
  readonly blobs: Blobs & Uploads & WithNotes & Partial<Redirects>
  readonly pins: Pins
  readonly leases: Leases
  /** By upload id. */
  readonly uploadMutex: KeyedMutex
  readonly recordPullTime: RecordPullTime
  readonly authorize: Authorize
  readonly checkCreationRole: CheckCreationRole
  readonly decisions: DecisionLog
  /** A token is valid only while its user or role exists. */
  readonly identities: Pick<Identities, 'policiesOf'>
  readonly pullThrough: PullThroughCache
  readonly pullSessions: PullSessions
  readonly statistics: StatisticsRecorder
  /** Signs authorization tokens and layer URLs; the control plane has the same secret. */
  readonly secret: string
  /** How far the clocks of an installation's machines may differ. */
  readonly maxSkewSeconds: number
  /** `relaxed` accepts any password as an administrator's. */
  readonly auth: 'strict' | 'relaxed'
  /** Whether pulls need no credentials. */
  readonly anonymousPull: boolean
  readonly quotas: Quotas
  readonly images: ImageSettings
  readonly actionRates: ActionRates
}

/** Everything that a request to the registry may need: the parts, and the data plane's own state. */
export interface DataPlaneDeps extends DataPlaneParts, Pick<ExchangeDeps, 'memory'> {
  readonly tokens: TokenReader
  readonly controlPlane: ControlPlaneRequests
  readonly uploadLocks: UploadLocks
}

/** An admitted request with its time by the emulator's clock, before the caller is authenticated. */
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
  /** When the request arrived, by `performance.now()`. */
  readonly receivedAt: number
  /** Runs work that waits for an upstream. Meanwhile the request gives up its permit. */
  readonly wait: Wait
  /** Empty if the path names none. */
  readonly repository: string
  /** Whether the repository was there when the caller was authorized; undefined if it was not looked for. */
  readonly repositoryExists: boolean | undefined
  /** The last segment of the path: a tag, a digest or an upload id. */
  readonly reference: string
}

/** Answers a call, or throws the refusal. */
export type Endpoint = (call: Call, deps: DataPlaneDeps) => Promise<void>

/** Headers of every answer of the registry. */
export const COMMON_HEADERS = { ...inertHeaders, 'docker-distribution-api-version': 'registry/2.0' } as const

const COMMON_LINES = Object.entries(COMMON_HEADERS)

/** Statuses without content; a content-length of 0 would be wrong (RFC 9110 section 8.6). */
const WITHOUT_CONTENT: ReadonlySet<number> = new Set([204, 304])

/** Writes an answer with a body. A HEAD request gets the same headers without the body. */
export function respond(
  { req, res }: Pick<Call, 'req' | 'res'>,
  status: number,
  headers: OutgoingHttpHeaders,
  body?: string | Buffer,
): void {
  const length = body === undefined ? 0 : Buffer.byteLength(body)
  // Set one by one, as `writeHead` does with the members of an object, so that no object is put together for it.
  if (!WITHOUT_CONTENT.has(status)) res.setHeader('content-length', length)
  for (const name in headers) {
    const value = headers[name]
    if (value !== undefined) res.setHeader(name, value)
  }
  for (const [name, value] of COMMON_LINES) res.setHeader(name, value)
  res.writeHead(status)
  res.end(req.method === 'HEAD' ? undefined : body)
}
