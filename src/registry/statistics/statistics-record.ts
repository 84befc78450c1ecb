import type { Registry } from '../registry.js'
import type { BySource, Checks, RuleFigures } from './figures.js'

/** What one process did in one registry in one bucket of a period. */
export interface StatisticsRecord extends Registry {
  /** Epoch milliseconds. */
  readonly start: number
  /** The process, by an id that it takes when it starts. */
  readonly process: string
  readonly pulls: BySource
  readonly bytes: BySource
  readonly checks: Checks
  readonly warm: readonly [step: number, count: number][]
  readonly cold: readonly [step: number, count: number][]
  readonly images: readonly NamedPullsRecord[]
  readonly pullers: readonly NamedPullsRecord[]
  readonly rules: readonly [ecrRepositoryPrefix: string, figures: RuleFigures][]
}

/** The pulls by one name. */
export type NamedPullsRecord = readonly [name: string, pulls: number, bytes: number]

/** Names a record. */
export type StatisticsBucketId = Pick<StatisticsRecord, 'account' | 'region' | 'start' | 'process'>
