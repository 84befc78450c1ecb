import type { Metrics } from '../registry/ports/metrics.js'

/** What a process works on at this moment, for the person who stops it. */
export interface WorkInHand {
  /** Requests that are not answered yet: to the ECR API, and to the registry (pulls and pushes). */
  readonly calls: number
  readonly pullsAndPushes: number
  /** Layers that are being fetched from upstreams, for a pull or for an import behind one. */
  readonly layersFromUpstream: number
}

/** Metrics that also know what is in hand. */
export interface CountedMetrics<M extends Metrics> {
  readonly metrics: M
  readonly inHand: () => WorkInHand
}

/** Counts what has begun and not ended in the calls of the metrics, which tell both of every request and fill. */
export function countWork<M extends Metrics>(metrics: M): CountedMetrics<M> {
  const count = { control: 0, data: 0, fills: 0 }
  return {
    metrics: {
      ...metrics,
      request(plane) {
        const end = metrics.request(plane)
        count[plane]++
        return (operation, outcome) => {
          count[plane]--
          end(operation, outcome)
        }
      },
      fill() {
        const fill = metrics.fill()
        count.fills++
        return {
          received: fill.received,
          ended(outcome) {
            count.fills--
            fill.ended(outcome)
          },
        }
      },
    },
    inHand: () => ({ calls: count.control, pullsAndPushes: count.data, layersFromUpstream: count.fills }),
  }
}
