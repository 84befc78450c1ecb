import { listEach } from '../list-records.js'
import { keyOf, type Store } from '../ports/store.js'
import { installation, type Registry } from '../registry.js'
import {
  addFigures,
  type BySource,
  type Checks,
  type Figures,
  figuresOf,
  mostPulled,
  noFigures,
  noRuleFigures,
  type RuleFigures,
} from './figures.js'
import { type Latency, latencyOf } from './histogram.js'
import { bucketStart, bucketStarts, divisions, type Period } from './periods.js'
import { figuresIn } from './stored-figures.js'

/** What all planes did in a period. */
export interface StatisticsReport {
  readonly period: Period
  readonly bucketSeconds: number
  /** The sums of the period. */
  readonly total: FiguresOfSpan
  /** Every bucket of the period, the oldest first, those in which nothing happened included. */
  readonly buckets: readonly (FiguresOfSpan & { readonly start: string })[]
  /** The most pulled images of the period, at most ten. */
  readonly images: readonly PulledImage[]
  /** Who pulled most in the period, at most ten. */
  readonly pullers: readonly Puller[]
}

/** What happened in a span of time. */
export interface FiguresOfSpan {
  /** Pulls of images that were cached, and of those for which anything was fetched from an upstream. */
  readonly pulls: Readonly<BySource>
  /** Bytes that clients were sent. */
  readonly bytes: Readonly<BySource>
  /** Checks whether a cached tag has moved: answered by the upstream, or failed. */
  readonly checks: Readonly<Checks>
  /** How long clients waited for a manifest: for a cached one, and for one that was imported for them. */
  readonly latency: { readonly warm: Latency; readonly cold: Latency }
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

/** Which registries a report is about: all, those of an account, those of a Region, or one. */
export type RegistryFilter = Partial<Registry>

/** Whether a registry is one of those that a filter names. */
export const isIn = ({ account, region }: Registry, filter: RegistryFilter): boolean =>
  (filter.account ?? account) === account && (filter.region ?? region) === region

/** The most images and callers that a report names. */
const MAX_NAMES = 10

/** A report, and what each cache rule did in its period. */
export interface SummedStatistics {
  readonly report: StatisticsReport
  readonly ruleFigures: (registry: Registry, ecrRepositoryPrefix: string) => RuleFigures
}

/** Sums what the planes have stored about a period that ends at a time of the machine, in epoch milliseconds. */
export async function sumStatistics(
  { statistics }: Pick<Store, 'statistics'>,
  { period, now, ...filter }: { readonly period: Period; readonly now: number } & RegistryFilter,
): Promise<SummedStatistics> {
  const starts = bucketStarts(period, now)
  const byStart = new Map<number, Figures>()
  const total = noFigures()
  const [first = 0] = starts
  const last = bucketStart(period, now)
  const after = keyOf(period, new Date(first).toISOString())
  for await (const record of listEach(statistics, installation, { prefix: `${period} `, after })) {
    if (record.start > last || !isIn(record, filter)) continue
    const figures = figuresIn(record)
    addFigures(figuresOf(byStart, record.start, noFigures), figures)
    addFigures(total, figures, (name) => keyOf(record.account, record.region, name))
  }
  const report = {
    period,
    bucketSeconds: divisions[period].bucketMs / 1000,
    total: spanOf(total),
    buckets: starts.map((start) => ({ start: new Date(start).toISOString(), ...spanOf(byStart.get(start)) })),
    images: mostPulled(total.images, MAX_NAMES).map(([name, pulls]) => ({ ...imageNamed(name), ...pulls })),
    pullers: mostPulled(total.pullers, MAX_NAMES).map(([principal, pulls]) => ({ principal, ...pulls })),
  }
  const ruleFigures = ({ account, region }: Registry, prefix: string) =>
    total.rules.get(keyOf(account, region, prefix)) ?? noRuleFigures()
  return { report, ruleFigures }
}

const spanOf = ({ pulls, bytes, checks, latency } = noFigures()): FiguresOfSpan => ({
  pulls,
  bytes,
  checks,
  latency: { warm: latencyOf(latency.warm), cold: latencyOf(latency.cold) },
})

/** The parts of the name under which the pulls of an image are summed; no part contains a space. */
function imageNamed(name: string): Omit<PulledImage, 'pulls' | 'bytes'> {
  const [account = '', region = '', repository = '', reference = ''] = name.split(' ')
  return { account, region, repository, reference }
}
