import type { Clock } from '../ports/clock.js'
import type { EndedPull, StatisticsRecorder } from '../ports/statistics-recorder.js'
import { keyOf } from '../ports/store.js'
import type { Registry } from '../registry.js'
import {
  addFigures,
  addPulls,
  type Figures,
  figuresOf,
  laterOf,
  mostPulled,
  type NamedPulls,
  noFigures,
  noRuleFigures,
} from './figures.js'
import { addDuration } from './histogram.js'
import { bucketStart } from './periods.js'

/** What was counted in one registry in one minute, and is not stored yet. */
export interface CountedMinute {
  readonly registry: Registry
  /** Epoch milliseconds. */
  readonly start: number
  readonly figures: Figures
  /** Pulls through the cache by repository, until it is known which rule serves it. */
  readonly repositories: Map<string, CachePulls>
}

/** Pulls of images that a cache rule has pulled. */
export interface CachePulls {
  hits: number
  misses: number
  bytesSpared: number
  bytesFetched: number
}

/** The counters of a process, in memory. */
export interface StatisticsCounter extends StatisticsRecorder {
  /** What was counted since the last call. */
  take(): CountedMinute[]
  /** Counts again what could not be stored. */
  putBack(minutes: readonly CountedMinute[]): void
}

/** The most names of a kind that are counted in a minute, to bound memory. Later ones count in the totals only. */
const MAX_COUNTED_NAMES = 1_000

/** What could not be stored is kept for this long. */
const RETRIED_MS = 3_600_000

/**
 * Counts by minutes of the machine's time: the figures are about the machine's work, and the emulator's time may jump.
 * `onCount` is called whenever something was counted.
 */
export function statisticsCounter(clock: Pick<Clock, 'wall'>, onCount: () => void): StatisticsCounter {
  const minutes = countedMinutes()

  function now(registry: Registry): CountedMinute {
    onCount()
    return minutes.of(registry, bucketStart('hour', clock.wall().getTime()))
  }

  return {
    sent: (registry, source, bytes) => void (now(registry).figures.bytes[source] += bytes),
    manifest: (registry, source, milliseconds) =>
      addDuration(now(registry).figures.latency[source === 'cache' ? 'warm' : 'cold'], milliseconds),
    pulled: (pull) => countPull(now(pull.registry), pull),
    checked({ registry, ecrRepositoryPrefix }, outcome) {
      const minute = now(registry)
      minute.figures.checks[outcome]++
      ruleIn(minute, ecrRepositoryPrefix).checks[outcome]++
    },
    failed({ registry, ecrRepositoryPrefix }, failure) {
      const figures = ruleIn(now(registry), ecrRepositoryPrefix)
      figures.lastFailure = laterOf(figures.lastFailure, failure)
    },
    take: () => minutes.take(),
    putBack(taken) {
      const oldest = clock.wall().getTime() - RETRIED_MS
      for (const { registry, start, figures, repositories } of taken) {
        if (start < oldest) continue
        const minute = minutes.of(registry, start)
        addFigures(minute.figures, figures)
        forgetBeyond(minute.figures.images, MAX_COUNTED_NAMES)
        forgetBeyond(minute.figures.pullers, MAX_COUNTED_NAMES)
        for (const [repository, pulls] of repositories)
          if (hasRoomFor(minute.repositories, repository)) addCachePulls(minute.repositories, repository, pulls)
      }
    },
  }
}

/** The counters of each minute and registry. */
function countedMinutes() {
  let minutes = new Map<string, CountedMinute>()
  let latest: CountedMinute | undefined
  return {
    /** Most calls are about the same minute and registry as the call before. */
    of(registry: Registry, start: number): CountedMinute {
      const { account, region } = registry
      if (latest?.start === start && latest.registry.account === account && latest.registry.region === region)
        return latest
      const begin = () => ({ registry, start, figures: noFigures(), repositories: new Map<string, CachePulls>() })
      return (latest = figuresOf(minutes, keyOf(String(start), account, region), begin))
    },
    take(): CountedMinute[] {
      const taken = [...minutes.values()]
      minutes = new Map()
      latest = undefined
      return taken
    },
  }
}

const ruleIn = ({ figures }: CountedMinute, prefix: string) => figuresOf(figures.rules, prefix, noRuleFigures)

function countPull({ figures, repositories }: CountedMinute, pull: EndedPull): void {
  const { repository, reference, principal, isPulledThrough, source } = pull
  const { cache, upstream } = pull.bytes
  figures.pulls[source]++
  const image = keyOf(repository, reference)
  if (hasRoomFor(figures.images, image)) addPulls(figures.images, image, 1, cache + upstream)
  if (hasRoomFor(figures.pullers, principal)) addPulls(figures.pullers, principal, 1, cache + upstream)
  if (!isPulledThrough || !hasRoomFor(repositories, repository)) return
  const isHit = source === 'cache'
  const pulls = { hits: isHit ? 1 : 0, misses: isHit ? 0 : 1, bytesSpared: cache, bytesFetched: upstream }
  addCachePulls(repositories, repository, pulls)
}

const hasRoomFor = (by: Map<string, unknown>, name: string) => by.size < MAX_COUNTED_NAMES || by.has(name)

/** Keeps the names with the most pulls. */
function forgetBeyond(by: Map<string, NamedPulls>, atMost: number): void {
  if (by.size <= atMost) return
  const kept = mostPulled(by, atMost)
  by.clear()
  for (const [name, pulls] of kept) by.set(name, pulls)
}

function addCachePulls(by: Map<string, CachePulls>, repository: string, from: CachePulls): void {
  addCounts(
    figuresOf(by, repository, () => ({ hits: 0, misses: 0, bytesSpared: 0, bytesFetched: 0 })),
    from,
  )
}

/** Adds pulls through the cache to others, or to the figures of their rule. */
export function addCounts(to: CachePulls, { hits, misses, bytesSpared, bytesFetched }: CachePulls): void {
  to.hits += hits
  to.misses += misses
  to.bytesSpared += bytesSpared
  to.bytesFetched += bytesFetched
}
