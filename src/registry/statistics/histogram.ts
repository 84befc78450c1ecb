/*
 * Durations as a histogram whose steps grow by a fixed factor, so that the histograms of any processes and times can be
 * summed, which percentiles cannot.
 */

/** How many durations fell into each step, by the number of the step. */
export type Histogram = Map<number, number>

/** Steps for each doubling. A percentile is then off by a factor of 2^(1/8) at most, which is 9 %. */
const STEPS_PER_DOUBLING = 4

/** The first and the last step, which hold everything below 0.1 ms and above four hours. */
const FIRST = -13
const LAST = 95

/** The number of a duration's step. */
export function stepOf(milliseconds: number): number {
  const step = Math.round(Math.log2(Math.max(milliseconds, Number.MIN_VALUE)) * STEPS_PER_DOUBLING)
  return Math.min(LAST, Math.max(FIRST, step))
}

/** Adds a duration. */
export const addDuration = (histogram: Histogram, milliseconds: number): void =>
  addSteps(histogram, stepOf(milliseconds), 1)

/** Adds a number of durations of one step. */
export const addSteps = (histogram: Histogram, step: number, count: number): void =>
  void histogram.set(step, (histogram.get(step) ?? 0) + count)

/** A distribution of durations in milliseconds; the percentiles are null if there were none. */
export interface Latency {
  readonly count: number
  readonly p50: number | null
  readonly p95: number | null
}

/** The median and the 95th percentile, to three digits. */
export function latencyOf(histogram: Histogram): Latency {
  const steps = [...histogram].sort(([a], [b]) => a - b)
  const count = steps.reduce((sum, [, durations]) => sum + durations, 0)
  return { count, p50: percentile(steps, count, 0.5), p95: percentile(steps, count, 0.95) }
}

/** By nearest rank: the step of the smallest duration that is not exceeded by this share of all. */
function percentile(steps: readonly [number, number][], count: number, share: number): number | null {
  let rest = Math.ceil(count * share)
  for (const [step, durations] of steps) {
    rest -= durations
    if (rest <= 0) return Number((2 ** (step / STEPS_PER_DOUBLING)).toPrecision(3))
  }
  return null
}
