import type { Authorize } from '../access/authorize.js'
import { singleFlight } from '../coordination/single-flight.js'
import type { DockerHubLibrary, PullThroughSettings } from '../registry/cache-rules/cache-rule.js'
import type { CheckCreationRole } from '../registry/creation-templates/creation-role.js'
import type { EventLog } from '../registry/event-log.js'
import type { Blobs, Follows, Uploads, WithNotes } from '../registry/ports/blob-store.js'
import type { Clock } from '../registry/ports/clock.js'
import type { Ids } from '../registry/ports/ids.js'
import type { Leases } from '../registry/ports/lease.js'
import type { Log } from '../registry/ports/log.js'
import type { Metrics } from '../registry/ports/metrics.js'
import type { Pins } from '../registry/ports/pins.js'
import type { StatisticsRecorder } from '../registry/ports/statistics-recorder.js'
import type { Store } from '../registry/ports/store.js'
import type { RuleUpstreams } from '../registry/ports/upstream.js'
import type { Quotas } from '../registry/quotas.js'
import { type Backlog, backlog } from './backlog/backlog.js'
import { completion } from './backlog/completion.js'
import { type Fills, fills } from './fills/fills.js'
import { publishedImports, type PublishedImports } from './imports/activity-records.js'
import { imports } from './imports/imports.js'
import { type Pulls, pulls } from './pulls.js'
import { telemetryFor } from './telemetry.js'
import { upstreamSources } from './upstream-sources.js'

/** What the data plane uses of the cache: images from `Pulls`, layers from `Fills`. */
export interface PullThroughCache extends Pulls, Fills {}

/** The dependencies of the cache: ports and settings. */
export interface PullThroughCacheDeps {
  readonly store: Store
  readonly blobs: Blobs & Uploads & WithNotes & Partial<Follows>
  readonly pins: Pins
  readonly leases: Leases
  readonly quotas: Quotas
  readonly clock: Pick<Clock, 'now'>
  readonly ids: Ids
  readonly ruleUpstreams: RuleUpstreams
  readonly authorize: Authorize
  readonly checkCreationRole: CheckCreationRole
  readonly log: Log
  readonly metrics: Metrics
  readonly statistics: Pick<StatisticsRecorder, 'checked' | 'failed'>
  readonly events: Pick<EventLog, 'cacheAction'>
  readonly settings: PullThroughSettings & {
    readonly egress: 'all' | 'none'
    readonly dockerHubLibrary: DockerHubLibrary
  }
}

/** The cache, and what the caller starts and stops. */
export interface PullThroughCacheParts {
  readonly cache: PullThroughCache
  readonly backlog: Backlog
  /** What this process imports, for those who watch. */
  readonly running: Pick<PublishedImports, 'activity' | 'stop'>
}

/**
 * Creates the four objects of the cache: pulls, imports, fills and backlog. The caller starts and stops the backlog,
 * and stops publishing what is imported.
 */
export function pullThroughCache(deps: PullThroughCacheDeps): PullThroughCacheParts {
  const { store, blobs, pins, leases, quotas, clock, authorize, log, metrics, events, settings } = deps
  const { checkCreationRole, statistics } = deps
  const sinks = { log, metrics, statistics, events }
  const { egress, dockerHubLibrary } = settings
  const sources = upstreamSources({ store, ruleUpstreams: deps.ruleUpstreams, egress, dockerHubLibrary })
  const flights = singleFlight(leases)
  const manifests = imports({
    storage: { store, blobs, pins, quotas },
    sources,
    singleFlight: flights,
    checkCreationRole,
  })
  const running = publishedImports(deps)
  const layers = fills({ store, sources, blobs, leases, pins, log, metrics, running })
  const plans = backlog({
    store,
    clock,
    retryIntervalSeconds: settings.retryIntervalSeconds,
    singleFlight: flights,
    completion: completion({ store, blobs, clock, sources, imports: manifests, fills: layers, running }),
    telemetry: telemetryFor(sinks),
  })
  const images = pulls({
    store,
    clock,
    authorize,
    settings,
    sinks,
    sources,
    imports: manifests,
    backlog: plans,
  })
  return { cache: { ...images, ...layers }, backlog: plans, running }
}
