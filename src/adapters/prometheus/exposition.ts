import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client'
import type { MetricsText } from '../../registry/ports/metrics.js'
import type { Counted } from './counted.js'
import { BUCKETS, type Durations, type Tally } from './tallies.js'

const PREFIX = 'ecr_local_'

/** Makes Prometheus' text of what was counted, and of what Node tells of the process, whenever it is asked for. */
export function exposition(counted: Counted): () => Promise<MetricsText> {
  const registry = new Registry()
  const registers = [registry]
  collectDefaultMetrics({ register: registry, prefix: PREFIX })

  function count(name: string, help: string, labelNames: string[], tally: Tally): void {
    new Counter({
      ...{ name: `${PREFIX}${name}_total`, help, labelNames, registers },
      collect() {
        this.reset()
        for (const { labels, value } of tally.values()) this.labels(...labels).inc(value)
      },
    })
  }
  function show(name: string, help: string, value: () => number | undefined): void {
    new Gauge({
      ...{ name: `${PREFIX}${name}`, help, registers },
      collect() {
        const shown = value()
        if (shown === undefined) this.remove()
        else this.set(shown)
      },
    })
  }

  count('requests', 'Requests answered', ['plane', 'operation', 'outcome'], counted.requests)
  showDurations(counted.durations, registers)
  count('cache_lookups', 'What pulls through the cache asked for', ['kind', 'result'], counted.cache)
  count('upstream_requests', 'Questions to upstream registries', ['question', 'outcome'], counted.upstream)
  count('fills', 'Layers brought from upstream registries', ['outcome'], counted.fills)
  count('fill_bytes', 'Bytes of layers brought from upstream registries', [], counted.fillBytes)
  show('fills_in_flight', 'Layers on their way from upstream registries', () => counted.fillsInFlight)
  count('store_round_trips', 'Times a store across a network was waited for', [], counted.roundTrips)
  count('swept', 'What the garbage collection took away', ['kind'], counted.swept)
  show('blobs', 'Blobs kept; of very many, as last counted', () => counted.blobs?.count)
  show('blob_bytes', 'Bytes of the blobs kept; of very many, as last counted', () => counted.blobs?.bytes)
  return async () => ({ contentType: registry.contentType, body: await registry.metrics() })
}

const LABELS = ['plane', 'operation'] as const

/** prom-client counts durations one by one; these are counted already. */
function showDurations(durations: Durations, registers: Registry[]): void {
  const name = `${PREFIX}request_duration_seconds`
  const help = 'From the headers of a request to the end of its answer'
  const histogram = new Histogram({ name, help, labelNames: LABELS, buckets: BUCKETS, registers })
  const empty = histogram.get()
  const get: typeof histogram.get = async () => ({
    ...(await empty),
    values: durations.values().flatMap(({ labels: [plane = '', operation = ''], atMost, sum }) => {
      const labels = { plane, operation }
      const bounds = [...BUCKETS, '+Inf']
      return [
        ...atMost.map((value, index) => ({
          value,
          labels: { le: bounds[index], ...labels },
          metricName: `${name}_bucket`,
        })),
        { value: sum, labels, metricName: `${name}_sum` },
        { value: atMost.at(-1) ?? 0, labels, metricName: `${name}_count` },
      ]
    }),
  })
  Object.assign(histogram, { get, getForPromString: get })
}
