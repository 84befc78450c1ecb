import type { CacheAction, EventLog } from '../registry/event-log.js'
import { type Log, logWithRequestId } from '../registry/ports/log.js'
import type { Metrics } from '../registry/ports/metrics.js'
import { serviceLinkedRoleArn } from '../registry/cache-rules/service-linked-role.js'

/** Logs and events of the cache. Created once for each request and passed along with it. */
export interface Telemetry {
  /** Adds the request's id to each line, if a request caused the work. */
  readonly log: Log
  readonly metrics: Metrics
  /**
   * Reports an action of the cache as a log line and as an event. Both name the service-linked role as the principal.
   * Never rejects: the action has happened even if its event cannot be stored.
   */
  recordAction(action: CacheAction, now: Date): Promise<void>
}

/** The dependencies of telemetry. */
export interface TelemetrySinks {
  readonly log: Log
  readonly metrics: Metrics
  readonly events: Pick<EventLog, 'cacheAction'>
}

/** The telemetry of one request; without an id, the telemetry of background work. */
export function telemetryFor(sinks: TelemetrySinks, requestId?: string): Telemetry {
  const log = requestId === undefined ? sinks.log : logWithRequestId(sinks.log, requestId)
  return {
    log,
    metrics: sinks.metrics,
    recordAction(action, now) {
      logAction(action, log)
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
  const { action, repository, tag, digest = '', outcome } = facts
  const name = tag === undefined ? `${repository}@${digest}` : `${repository}:${tag}`
  const principal = serviceLinkedRoleArn(registry.account)
  log.info({ principal, ...registry, upstreamRegistryUrl, ...facts }, `${name} ${prefixes[action]}${outcome}`)
}
