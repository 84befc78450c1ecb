import { defaultLimits } from '../../src/server/limits.js'
import { noMetrics } from '../../src/registry/ports/metrics.js'
import { pullSessions } from '../../src/data-plane/pull-sessions.js'
import { noStatistics } from '../../src/registry/ports/statistics-recorder.js'
import { noTraces } from '../../src/registry/ports/traces.js'
import { silent } from './silent-log.js'

/** Metrics, traces, readiness and limits of a plane without any observer. */
export const telling = {
  metrics: noMetrics,
  statistics: noStatistics,
  traces: noTraces,
  metricsText: async () => ({ contentType: 'text/plain', body: '' }),
  isReady: async () => true,
  limits: defaultLimits,
  actionRates: () => {},
  pullSessions: pullSessions({
    log: silent,
    recordPull: undefined,
    statistics: noStatistics,
  }),
}
