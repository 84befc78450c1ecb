import type { Metrics, MetricsText } from '../../registry/ports/metrics.js'
import { nothingCounted } from './counted.js'

/** What was counted, and how to have it written. */
export interface PrometheusMetrics extends Metrics {
  text(): Promise<MetricsText>
}

/**
 * Counts in plain numbers, which cost a request well under a microsecond. prom-client, which makes Prometheus' text of
 * them, is loaded for the first scrape: loading it would be a third of the start.
 */
export function prometheusMetrics(): PrometheusMetrics {
  const counted = nothingCounted()
  let text: Promise<() => Promise<MetricsText>> | undefined
  return {
    request(plane) {
      const startedAt = performance.now()
      return (operation, outcome) => {
        counted.requests.add(1, plane, operation, outcome)
        counted.durations.add((performance.now() - startedAt) / 1000, plane, operation)
      }
    },
    cache: (kind, result) => counted.cache.add(1, kind, result),
    upstream: (question, outcome) => counted.upstream.add(1, question, outcome),
    fill() {
      counted.fillsInFlight++
      return (outcome, bytes) => {
        counted.fillsInFlight--
        counted.fills.add(1, outcome)
        counted.fillBytes.add(bytes)
      }
    },
    storeRoundTrip: () => counted.roundTrips.add(1),
    swept: (kind, count) => counted.swept.add(count, kind),
    blobs: (count, bytes) => void (counted.blobs = { count, bytes }),
    async text() {
      text ??= import('./exposition.js').then(({ exposition }) => exposition(counted))
      return (await text)()
    },
  }
}
