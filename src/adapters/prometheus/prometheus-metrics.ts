import type { Metrics, MetricsText } from '../../registry/ports/metrics.js'
import { counter, histogram } from './instruments.js'
import { processMetrics } from './process-metrics.js'
import { CONTENT_TYPE, type MetricFamily, textOf } from './text-format.js'

/** The metrics of a process, and the text that Prometheus scrapes. */
export interface PrometheusMetrics extends Metrics {
  /** `blobs` are the current totals, if they are available. */
  text(blobs?: { readonly count: number; readonly bytes: number }): Promise<MetricsText>
}

const PREFIX = 'ecr_local_'

/** Seconds: from half a millisecond, a cached manifest, to the minutes an import may take. */
const DURATION_BUCKETS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10, 60, 600]

/**
 * Metrics that are counted in memory. The metrics of the process are collected from the first scrape on, so they cost
 * nothing without scrapes.
 */
export function prometheusMetrics(): PrometheusMetrics {
  const counters = countersOfPlanes()
  const { requests, durations, cache, upstream, fills, fillBytes, roundTrips, swept } = counters
  let fillsInFlight = 0
  let metricsOfProcess: ReturnType<typeof processMetrics> | undefined
  return {
    request(plane) {
      const startedAt = performance.now()
      return (operation, outcome) => {
        requests.add(1, plane, operation, outcome)
        durations.observe((performance.now() - startedAt) / 1000, plane, operation)
      }
    },
    cache: (kind, result) => cache.add(1, kind, result),
    upstream: (question, outcome) => upstream.add(1, question, outcome),
    fill() {
      fillsInFlight++
      return {
        received: (bytes) => fillBytes.add(bytes),
        ended(outcome) {
          fillsInFlight--
          fills.add(1, outcome)
        },
      }
    },
    storeRoundTrip: () => roundTrips.add(1),
    swept: (kind, count) => swept.add(count, kind),
    async text(blobs) {
      metricsOfProcess ??= processMetrics(PREFIX)
      const families = [
        ...(await metricsOfProcess()),
        ...Object.values(counters).map((instrument) => instrument.family()),
        gauge('fills_in_flight', 'Layers being fetched from upstream registries', fillsInFlight),
        gauge('blobs', 'Blobs stored; if there are very many, the last count', blobs?.count),
        gauge('blob_bytes', 'Bytes of the blobs stored; if there are very many, the last count', blobs?.bytes),
      ]
      return { contentType: CONTENT_TYPE, body: textOf(families) }
    },
  }
}

function countersOfPlanes() {
  const total = (name: string, help: string, ...labelNames: string[]) =>
    counter({ name: `${PREFIX}${name}_total`, help, labelNames })
  return {
    requests: total('requests', 'Requests answered', 'plane', 'operation', 'outcome'),
    durations: histogram(
      {
        name: `${PREFIX}request_duration_seconds`,
        help: 'Seconds from the headers of a request to the end of its response',
        labelNames: ['plane', 'operation'],
      },
      DURATION_BUCKETS,
    ),
    cache: total('cache_lookups', 'Cache lookups of pulls', 'kind', 'result'),
    upstream: total('upstream_requests', 'Requests to upstream registries', 'question', 'outcome'),
    fills: total('fills', 'Layers fetched from upstream registries', 'outcome'),
    fillBytes: total('fill_bytes', 'Bytes of layers fetched from upstream registries'),
    roundTrips: total('store_round_trips', 'Round trips to a store across a network'),
    swept: total('swept', 'Items removed by the garbage collection', 'kind'),
  }
}

const gauge = (name: string, help: string, value: number | undefined): MetricFamily => ({
  name: PREFIX + name,
  help,
  type: 'gauge',
  samples: value === undefined ? [] : [{ value }],
})
