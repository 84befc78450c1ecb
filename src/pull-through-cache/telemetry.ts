import type { CacheAction, EventLog } from '../registry/event-log.js'
import { type Log, logWithRequestId } from '../registry/ports/log.js'
import type { Metrics } from '../registry/ports/metrics.js'
import type { StatisticsRecorder } from '../registry/ports/statistics-recorder.js'
import { serviceLinkedRoleArn } from '../registry/cache-rules/service-linked-role.js'

/** Logs, events and statistics of the cache. Created once for each request and passed along with it. */
export interface Telemetry {
  /** Adds the request's id to each line, if a request caused the work. */
  readonly log: Log
  readonly metrics: Metrics
  readonly statistics: Pick<StatisticsRecorder, 'checked'>
  /**
   * Reports an action of the cache as a log line and as an event, which name the service-linked role as the principal;
   * a failure is also the latest one of its rule.
   * Never rejects: the action has happened even if its event cannot be stored.
   */
  recordAction(action: CacheAction, now: Date): Promise<void>
}

/** The dependencies of telemetry. */
export interface TelemetrySinks {
  readonly log: Log
  readonly metrics: Metrics
  readonly statistics: Pick<StatisticsRecorder, 'checked' | 'failed'>
  readonly events: Pick<EventLog, 'cacheAction'>
}

/** The telemetry of one request; without an id, the telemetry of background work. */
export function telemetryFor(sinks: TelemetrySinks, requestId?: string): Telemetry {
  const log = requestId === undefined ? sinks.log : logWithRequestId(sinks.log, requestId)
  return {
    log,
    metrics: sinks.metrics,
    statistics: sinks.statistics,
    recordAction(action, now) {
      logAction(action, log)
      if (action.status === 'FAILED') countFailure(action, now, sinks)
      return sinks.events
        .cacheAction(action, now)
        .catch((err: unknown) => log.warn({ err }, 'an event could not be recorded'))
    },
  }
}

/** The text before the outcome in a log line. */
const prefixes = { import: '', check: 'checked: ', referrers: 'referrers: ' } as const

function logAction({ registry, rule, ...facts }: CacheAction, log: Log): void {
  const { upstreamRegistryUrl } = rule
  const { action, outcome } = facts
  const name = imageIn(facts)
  const principal = serviceLinkedRoleArn(registry.account)
  log.info({ principal, ...registry, upstreamRegistryUrl, ...facts }, `${name} ${prefixes[action]}${outcome}`)
}

const imageIn = ({ repository, tag, digest = '' }: Pick<CacheAction, 'repository' | 'tag' | 'digest'>) =>
  tag === undefined ? `${repository}@${digest}` : `${repository}:${tag}`

/** A reason can hold what an upstream has sent; its beginning says enough. */
const MAX_REASON = 300

function countFailure(action: CacheAction, now: Date, { statistics }: Pick<TelemetrySinks, 'statistics'>): void {
  const { registry, rule, outcome } = action
  const what = `${action.action} of ${imageIn(action)}`
  const { ecrRepositoryPrefix } = rule
  const failure = { ...registry, time: now.toISOString(), what, reason: outcome.slice(0, MAX_REASON) }
  statistics.failed({ registry, ecrRepositoryPrefix }, failure)
}
