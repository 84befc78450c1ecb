import type { MeasureDisk } from '../../registry/ports/disk-space.js'
import type { Clock } from '../../registry/ports/clock.js'
import type { Store } from '../../registry/ports/store.js'
import type { Registry } from '../../registry/registry.js'
import { isPeriod, type Period, periods } from '../../registry/statistics/periods.js'
import { isIn, sumStatistics } from '../../registry/statistics/statistics-report.js'
import type { Amount } from '../../upkeep/installation-totals.js'
import { type RuleHoldings, ruleKey, type RuleOfRegistry } from '../../upkeep/rule-holdings.js'
import type { Disk, RuleStatistics, Statistics } from './admin-answers.js'
import { type AdminQuery, mustBe, queryOf } from './admin-query.js'
import type { Reply } from './explain-route.js'

/** The dependencies of `GET /_admin/statistics`. */
export interface StatisticsDeps {
  readonly store: Store
  readonly clock: Pick<Clock, 'wall'>
  readonly measureDisk: MeasureDisk
  /** The blobs that are stored; undefined while they are counted for the first time. */
  readonly totalOfBlobs: () => Promise<Amount | undefined>
  /** The cache rules of all registries; undefined while they are read for the first time. */
  readonly rulesOfRegistries: () => Promise<readonly RuleOfRegistry[] | undefined>
  /** What each rule holds, by `ruleKey`; undefined while it is counted for the first time. */
  readonly holdingsByRule: () => Promise<ReadonlyMap<string, RuleHoldings> | undefined>
}

/**
 * Sums what the planes did in the last hour or day: in all registries, or in those that the request names. Throws
 * BadQuery.
 */
export async function statistics(url: string, deps: StatisticsDeps): Promise<Reply> {
  const query = queryOf(url)
  const [period, filter] = [periodIn(query), query.filter()]
  const [{ report, ruleFigures }, rules = [], holdings, disk] = await Promise.all([
    sumStatistics(deps.store, { ...filter, period, now: deps.clock.wall().getTime() }),
    deps.rulesOfRegistries(),
    deps.holdingsByRule(),
    diskOf(deps),
  ])
  const ruleStatistics = ({ rule, account, region }: RuleOfRegistry): RuleStatistics => {
    const { ecrRepositoryPrefix, upstreamRegistryUrl } = rule
    const registry: Registry = { account, region }
    const holds = holdings?.get(ruleKey(registry, ecrRepositoryPrefix)) ?? null
    return {
      ...registry,
      ecrRepositoryPrefix,
      upstreamRegistryUrl,
      ...ruleFigures(registry, ecrRepositoryPrefix),
      holds,
    }
  }
  const body: Statistics = { ...report, rules: rules.filter((rule) => isIn(rule, filter)).map(ruleStatistics), disk }
  return { status: 200, body }
}

function periodIn(query: AdminQuery): Period {
  const word = query.text('period') ?? 'hour'
  if (!isPeriod(word)) throw mustBe('period', periods.join(' or '), word)
  return word
}

async function diskOf({ measureDisk, totalOfBlobs }: StatisticsDeps): Promise<Disk | null> {
  const space = await measureDisk()
  return space ? { ...space, blobBytes: (await totalOfBlobs())?.bytes ?? null } : null
}
