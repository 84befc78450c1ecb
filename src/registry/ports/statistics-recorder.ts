import type { Failure } from '../failure.js'
import type { Registry } from '../registry.js'

/** Where what a client got came from: the cache, or the upstream during its pull. */
export type PullSource = 'cache' | 'upstream'

/** A client's pull of one image, once it has ended. */
export interface EndedPull {
  readonly registry: Registry
  readonly repository: string
  /** The tag, or the digest if it was pulled by digest. */
  readonly reference: string
  /** ARN of the caller. */
  readonly principal: string
  /** Whether a cache rule has pulled the image, as opposed to a client that pushed it. */
  readonly isPulledThrough: boolean
  /** `upstream` if anything was fetched from there for this pull. */
  readonly source: PullSource
  readonly bytes: Readonly<Record<PullSource, number>>
}

/** A cache rule by its name. */
export interface NamedRule {
  readonly registry: Registry
  readonly ecrRepositoryPrefix: string
}

/**
 * Counts what the planes do, for the figures of the last hour and day. Every method only adds to counters in memory:
 * requests call it on their way.
 */
export interface StatisticsRecorder {
  /** A client was sent bytes of an image. */
  sent(registry: Registry, source: PullSource, bytes: number): void
  /** A request for a manifest was answered: with a cached one, or with one imported for it. */
  manifest(registry: Registry, source: PullSource, milliseconds: number): void
  pulled(pull: EndedPull): void
  /** An upstream was asked whether a cached tag has moved. */
  checked(rule: NamedRule, outcome: 'answered' | 'failed'): void
  /** An import or a check failed. */
  failed(rule: NamedRule, failure: Failure): void
}

/** Counts nothing, for specs without statistics. */
export const noStatistics: StatisticsRecorder = {
  sent() {},
  manifest() {},
  pulled() {},
  checked() {},
  failed() {},
}
