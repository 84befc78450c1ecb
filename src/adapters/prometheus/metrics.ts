import type { Metrics, MetricsText } from '../../registry/ports/metrics.js'
import { nothingCounted } from './counted.js'

/** What was counted, and how to have it written. */
export interface PrometheusMetrics extends Metrics {
  /** `blobs`: the blobs there are now, where they can be counted. */
  text(blobs?: { readonly count: number; readonly bytes: number }): Promise<MetricsText>
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
      return {
        received: (bytes) => counted.fillBytes.add(bytes),
        ended(outcome) {
          counted.fillsInFlight--
          counted.fills.add(1, outcome)
        },
      }
    },
    storeRoundTrip: () => counted.roundTrips.add(1),
    swept: (kind, count) => counted.swept.add(count, kind),
    async text(blobs) {
      counted.blobs = blobs
      text ??= import('./exposition.js').then(({ exposition }) => exposition(counted))
      return (await text)()
    },
  }
}
