/** Numbers by what they are about, to be counted up: the values of its labels, in the order of the metric's. */
export interface Tally {
  add(by: number, ...labels: string[]): void
  values(): { readonly labels: readonly string[]; readonly value: number }[]
}

export function tally(): Tally {
  const entries = new Map<string, { readonly labels: readonly string[]; value: number }>()
  return {
    add(by, ...labels) {
      const key = labels.join('\n')
      const entry = entries.get(key)
      if (entry) entry.value += by
      else entries.set(key, { labels, value: by })
    },
    values: () => [...entries.values()],
  }
}

/** From half a millisecond, a cached manifest, to the minutes an import takes. */
export const BUCKETS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10, 60, 600]

/** How long things took, by their labels. */
export interface Durations {
  add(seconds: number, ...labels: string[]): void
  values(): Distribution[]
}

/** Of the things with these labels: how many took at most as long as each bucket says, the last having no bound. */
interface Distribution {
  readonly labels: readonly string[]
  readonly atMost: readonly number[]
  readonly sum: number
}

export function durations(): Durations {
  const entries = new Map<string, { readonly labels: readonly string[]; readonly counts: number[]; sum: number }>()
  return {
    add(seconds, ...labels) {
      const key = labels.join('\n')
      let entry = entries.get(key)
      if (!entry) entries.set(key, (entry = { labels, counts: new Array<number>(BUCKETS.length + 1).fill(0), sum: 0 }))
      const found = BUCKETS.findIndex((bound) => seconds <= bound)
      const bucket = found < 0 ? BUCKETS.length : found
      entry.counts[bucket] = (entry.counts[bucket] ?? 0) + 1
      entry.sum += seconds
    },
    values: () => [...entries.values()].map(({ labels, counts, sum }) => ({ labels, atMost: cumulated(counts), sum })),
  }
}

function cumulated(counts: readonly number[]): number[] {
  let total = 0
  return counts.map((count) => (total += count))
}
