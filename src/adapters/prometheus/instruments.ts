import type { MetricFamily, Sample } from './text-format.js'

/** The name of a metric and its label names, in the order in which label values are passed. */
export interface Description {
  readonly name: string
  readonly help: string
  readonly labelNames?: readonly string[]
}

/** A value that only increases, one for each combination of label values. Adding takes well under a microsecond. */
export interface Counter {
  add(by: number, ...labelValues: string[]): void
  family(): MetricFamily
}

/** A counter without labels begins at 0; one with labels has no values until something is counted. */
export function counter({ name, help, labelNames = [] }: Description): Counter {
  const totals = new Map<string, { readonly labels: Sample['labels']; value: number }>()
  const add = (by: number, ...labelValues: string[]) => {
    const key = labelValues.join('\n')
    const total = totals.get(key)
    if (total) total.value += by
    else totals.set(key, { labels: labelsOf(labelNames, labelValues), value: by })
  }
  if (labelNames.length === 0) add(0)
  return { add, family: () => ({ name, help, type: 'counter', samples: [...totals.values()] }) }
}

/** How values are distributed over buckets, for each combination of label values. */
export interface Histogram {
  observe(value: number, ...labelValues: string[]): void
  family(): MetricFamily
}

/** `buckets` are upper bounds in ascending order; a last bucket without a bound is added. */
export function histogram({ name, help, labelNames = [] }: Description, buckets: readonly number[]): Histogram {
  const series = new Map<string, { readonly labels: Sample['labels']; readonly counts: number[]; sum: number }>()
  return {
    observe(value, ...labelValues) {
      const key = labelValues.join('\n')
      let entry = series.get(key)
      if (!entry) {
        entry = { labels: labelsOf(labelNames, labelValues), counts: Array<number>(buckets.length + 1).fill(0), sum: 0 }
        series.set(key, entry)
      }
      let index = 0
      while (value > (buckets[index] ?? Infinity)) index++
      entry.counts[index] = (entry.counts[index] ?? 0) + 1
      entry.sum += value
    },
    family: () => ({
      name,
      help,
      type: 'histogram',
      samples: [...series.values()].flatMap(({ labels, counts, sum }) =>
        histogramSamples(labels, buckets, counts, sum),
      ),
    }),
  }
}

/** Buckets are cumulative: each counts every value up to its bound. */
function histogramSamples(
  labels: Sample['labels'],
  buckets: readonly number[],
  counts: readonly number[],
  sum: number,
): Sample[] {
  let count = 0
  const samples = counts.map((inBucket, index): Sample => {
    count += inBucket
    const le = String(buckets[index] ?? '+Inf')
    return { suffix: '_bucket', labels: { le, ...labels }, value: count }
  })
  return [
    ...samples,
    { suffix: '_sum', ...(labels && { labels }), value: sum },
    { suffix: '_count', ...(labels && { labels }), value: count },
  ]
}

const labelsOf = (names: readonly string[], values: readonly string[]): Sample['labels'] =>
  Object.fromEntries(names.map((name, index) => [name, values[index] ?? '']))
