import { keyOf } from '../ports/store.js'
import { type Figures, mostPulled, type NamedPulls } from './figures.js'
import type { Period } from './periods.js'
import type { NamedPullsRecord, StatisticsBucketId, StatisticsRecord } from './statistics-record.js'

/**
 * The most images and the most callers that a record names, so that its size is bounded. The others are counted in the
 * totals only.
 */
export const MAX_NAMES = 100

/** The key of a record: the records of a period are in the order of time. */
export const statisticsKey = (period: Period, { start, account, region, process }: StatisticsBucketId): string =>
  keyOf(period, new Date(start).toISOString(), account, region, process)

/** The figures as they are stored, with the names that have the most pulls. */
export const recordOf = (
  { start, account, region, process }: StatisticsBucketId,
  { latency, images, pullers, rules, ...counts }: Figures,
): StatisticsRecord => ({
  start,
  account,
  region,
  process,
  ...counts,
  warm: [...latency.warm],
  cold: [...latency.cold],
  images: recordsOf(images),
  pullers: recordsOf(pullers),
  rules: [...rules],
})

/** The figures of a record. */
export const figuresIn = ({ pulls, bytes, checks, warm, cold, images, pullers, rules }: StatisticsRecord): Figures => ({
  pulls,
  bytes,
  checks,
  latency: { warm: new Map(warm), cold: new Map(cold) },
  images: byName(images),
  pullers: byName(pullers),
  rules: new Map(rules),
})

const recordsOf = (by: Map<string, NamedPulls>) =>
  mostPulled(by, MAX_NAMES).map(([name, { pulls, bytes }]) => [name, pulls, bytes] as const)

const byName = (records: readonly NamedPullsRecord[]) =>
  new Map(records.map(([name, pulls, bytes]) => [name, { pulls, bytes }]))
