/** The spans that statistics are kept for: the last hour by minutes, the last day by ten minutes. */
export type Period = 'hour' | 'day'

/** How a period is divided into buckets. */
export interface Division {
  readonly bucketMs: number
  /** How many buckets a report of the period has, the one that has just begun included. */
  readonly buckets: number
  /** How long a bucket is kept after its start: a little longer than the period. */
  readonly keptMs: number
}

const MINUTE_MS = 60_000

/** The periods and their buckets. */
export const divisions: Readonly<Record<Period, Division>> = {
  hour: { bucketMs: MINUTE_MS, buckets: 60, keptMs: 65 * MINUTE_MS },
  day: { bucketMs: 10 * MINUTE_MS, buckets: 144, keptMs: (24 * 60 + 30) * MINUTE_MS },
}

/** All periods. */
export const periods = Object.keys(divisions) as readonly Period[]

/** Whether a word names a period. */
export const isPeriod = (word: string): word is Period => Object.hasOwn(divisions, word)

/** The start of the bucket of a period that contains a time; both are epoch milliseconds. */
export const bucketStart = (period: Period, time: number): number => time - (time % divisions[period].bucketMs)

/** The starts of a period's buckets at a time, the oldest first. */
export function bucketStarts(period: Period, time: number): number[] {
  const { bucketMs, buckets } = divisions[period]
  const last = bucketStart(period, time)
  return Array.from({ length: buckets }, (_, index) => last - (buckets - 1 - index) * bucketMs)
}
