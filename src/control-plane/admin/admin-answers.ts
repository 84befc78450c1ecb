import type { ImportPlan } from '../../registry/cache-rules/cache-rule.js'
import type { LayerProgress } from '../../registry/cache-rules/import-activity.js'
import type { Registry } from '../../registry/registry.js'
import type { RuleFigures } from '../../registry/statistics/figures.js'
import type { FiguresOfSpan, StatisticsReport } from '../../registry/statistics/statistics-report.js'
import type { RuleHoldings } from '../../upkeep/rule-holdings.js'

/*
 * What the admin endpoints answer that the console and the command line show. Times are ISO 8601, sizes bytes,
 * durations milliseconds unless the name says otherwise.
 */

export type { Period } from '../../registry/statistics/periods.js'
export type { Latency } from '../../registry/statistics/histogram.js'
export type { FiguresOfSpan, PulledImage, Puller } from '../../registry/statistics/statistics-report.js'

/**
 * `GET /_admin/statistics?period=hour|day&account=…&region=…`: what the planes did in the last hour or day; without
 * account and Region in all registries. Times are the machine's, because the emulator's may jump.
 */
export interface Statistics extends StatisticsReport {
  /** Every cache rule, and what it did in the period. */
  readonly rules: readonly RuleStatistics[]
  /** The file system of the blobs; null if they are in S3 or in memory. */
  readonly disk: Disk | null
}

/** What happened between `start` and `bucketSeconds` later. */
export type StatisticsBucket = Statistics['buckets'][number]

/** Counted apart: from the cache, and from the upstream. */
export type BySource = FiguresOfSpan['pulls']

/** What a cache rule did in the period, and what it holds now. */
export interface RuleStatistics extends Registry, Readonly<RuleFigures> {
  readonly ecrRepositoryPrefix: string
  readonly upstreamRegistryUrl: string
  /** The images that it has pulled, and their layers; null while they are counted for the first time. */
  readonly holds: RuleHoldings | null
}

/** The file system of the blobs. */
export interface Disk {
  readonly totalBytes: number
  readonly freeBytes: number
  /** Of all blobs; null while they are counted for the first time. */
  readonly blobBytes: number | null
}

/**
 * `GET /_admin/activity?account=…&region=…&latest=…`, server-sent events: `imports` has all imports in flight
 * (`ImportInFlight[]`), at most 500, first after connecting and whenever that changes; `recorded` has one
 * `RecordedEvent` as it is recorded, and before those the latest ones, if `latest` says how many.
 */
export interface ImportInFlight extends Pick<ImportPlan, 'account' | 'region' | 'repository' | 'digest' | 'tag'> {
  /** When the image was first asked for. */
  readonly startedAt: string
  /** Whether a data plane is working on it now. If not, it waits for its turn, or to be tried again. */
  readonly isRunning: boolean
  /** The bytes of its layers that are here. */
  readonly receivedBytes: number
  /** What is known so far: it grows as the manifests of an index arrive, and is 0 of an import that waits. */
  readonly expectedBytes: number
  /** At most 500, and those that are stored are left out first. Empty of an import that waits. */
  readonly layers: readonly LayerInFlight[]
  /** How many layers were left out; absent if none. The bytes include theirs. */
  readonly layersLeftOut?: number
  /** When it failed last; it is tried again. */
  readonly failedAt?: string
}

/** A layer or a config of an image that is being imported. */
export type LayerInFlight = LayerProgress

/**
 * `GET /_admin/cached-tags?account=…&region=…&prefix=…&limit=…&next=…`: the tags that a rule has pulled, by page, in
 * the order of repository and tag.
 */
export interface CachedTags {
  /** The emulator's time, to compare the times of the tags with. */
  readonly now: string
  /** At most `limit`; fewer, or none, where many tags were pushed: there is another page as long as `next` says so. */
  readonly tags: readonly CachedTag[]
  /** Asks for the next page; absent on the last one. */
  readonly next?: string
}

/** A tag that was pulled through the cache, and when its upstream is asked again. */
export interface CachedTag {
  readonly repository: string
  readonly tag: string
  /** Of the image that the tag named in the upstream when it last answered. */
  readonly digest: string
  /** When the upstream last answered a check. */
  readonly checkedAt: string
  /** When a check last got no answer. */
  readonly failedAt?: string
  /** From when on the next pull checks the upstream. */
  readonly nextCheckDueAt: string
}

/** `GET /_admin/accounts`: the accounts that this installation knows, from its configuration and from what it holds. */
export interface KnownAccounts {
  readonly auth: 'strict' | 'relaxed'
  readonly accounts: readonly KnownAccount[]
}

/** An account, its Regions in which something is stored, and its identities. */
export interface KnownAccount {
  readonly account: string
  readonly regions: readonly string[]
  /** ARNs of the users and roles that the configuration defines, for the principal of a policy. */
  readonly principals: readonly string[]
}
