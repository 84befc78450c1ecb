import type { Failure } from '../../registry/latest-failures.js'
import type { ImportPlan } from '../../registry/cache-rules/cache-rule.js'
import type { Registry } from '../../registry/registry.js'
import type { Amount } from '../../upkeep/installation-totals.js'

/*
 * What the admin endpoints answer that the console and the command line show. Times are ISO 8601, sizes bytes,
 * durations milliseconds unless the name says otherwise.
 */

/** The spans that statistics are kept for: the last hour by minutes, the last day by ten minutes. */
export type Period = 'hour' | 'day'

/**
 * `GET /_admin/statistics?period=hour|day&account=…&region=…`: what the planes did; without account and Region, in all
 * registries.
 */
export interface Statistics {
  readonly period: Period
  readonly bucketSeconds: number
  /** Every bucket of the period, the oldest first, those in which nothing happened included. */
  readonly buckets: readonly StatisticsBucket[]
  /** The most pulled images of the period, at most ten. */
  readonly images: readonly PulledImage[]
  /** Who pulled most in the period, at most ten. */
  readonly pullers: readonly Puller[]
  /** Every cache rule, and what it did in the period. */
  readonly rules: readonly RuleStatistics[]
  readonly disk: Disk | null
}

/** What happened between `start` and `bucketSeconds` later. */
export interface StatisticsBucket {
  readonly start: string
  /** Pulls of images that were cached, and of those for which anything was fetched from an upstream. */
  readonly pulls: BySource
  /** Bytes that clients were sent. */
  readonly bytes: BySource
  /** Checks whether a cached tag has moved: answered by the upstream, or failed. */
  readonly checks: { readonly answered: number; readonly failed: number }
  /** How long clients waited for a manifest. */
  readonly latency: { readonly warm: Latency; readonly cold: Latency }
}

/** Counted apart: from the cache, and from the upstream. */
export interface BySource {
  readonly cache: number
  readonly upstream: number
}

/** A distribution of durations; the percentiles are null if there were none. */
export interface Latency {
  readonly count: number
  readonly p50: number | null
  readonly p95: number | null
}

/** An image that was pulled, by the name it was pulled by. */
export interface PulledImage extends Registry {
  readonly repository: string
  /** The tag, or the digest if it was pulled by digest. */
  readonly reference: string
  readonly pulls: number
  readonly bytes: number
}

/** A caller that pulled. */
export interface Puller {
  /** ARN. */
  readonly principal: string
  readonly pulls: number
  readonly bytes: number
}

/** What a cache rule did in the period, and what it holds now. */
export interface RuleStatistics extends Registry {
  readonly ecrRepositoryPrefix: string
  readonly upstreamRegistryUrl: string
  /** Pulls answered from the cache, and pulls that needed the upstream. */
  readonly hits: number
  readonly misses: number
  /** Bytes that clients got from the cache: those that the upstream was spared. */
  readonly bytesSpared: number
  readonly bytesFetched: number
  readonly checks: { readonly answered: number; readonly failed: number }
  readonly lastFailure: Failure | null
  /** The images that its repositories hold, and their layers; null while they are counted for the first time. */
  readonly holds: { readonly repositories: number; readonly images: number; readonly layers: Amount } | null
}

/** The file system of the blobs; null if they are in S3 or in memory. */
export interface Disk {
  readonly totalBytes: number
  readonly freeBytes: number
  /** Of all blobs; null while they are counted for the first time. */
  readonly blobBytes: number | null
}

/**
 * `GET /_admin/activity?account=…&region=…&latest=…`, server-sent events: `imports` has all imports in flight
 * (`ImportInFlight[]`), first after connecting and whenever that changes; `recorded` has one `RecordedEvent` as it is
 * recorded, and before those the latest ones, if `latest` says how many.
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
  /** At most 500, those that are being received first. Empty of an import that waits. */
  readonly layers: readonly LayerInFlight[]
  /** How many layers were left out; absent if none. The bytes include theirs. */
  readonly layersLeftOut?: number
  /** When it failed last; it is tried again. */
  readonly failedAt?: string
}

/** A layer or a config of an image that is being imported. */
export interface LayerInFlight {
  readonly digest: string
  readonly size: number
  readonly receivedBytes: number
  readonly state: 'waiting' | 'receiving' | 'stored'
}

/**
 * `GET /_admin/cached-tags?account=…&region=…&prefix=…&limit=…&next=…`: the tags that a rule has pulled, by page, in the
 * order of repository and tag.
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
