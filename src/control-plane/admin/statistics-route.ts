import type { MeasureDisk } from '../../registry/ports/disk-space.js'
import type { Clock } from '../../registry/ports/clock.js'
import type { Store } from '../../registry/ports/store.js'
import type { Registry } from '../../registry/registry.js'
import { isPeriod, type Period, periods } from '../../registry/statistics/periods.js'
import { isIn, type RegistryFilter, sumStatistics } from '../../registry/statistics/statistics-report.js'
import type { Amount } from '../../upkeep/installation-totals.js'
import { type RuleHoldings, ruleKey, type RuleOfRegistry } from '../../upkeep/rule-holdings.js'
import type { Disk, RuleStatistics, Statistics } from './admin-answers.js'
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

/** What a request asks for. */
interface StatisticsQuery extends RegistryFilter {
  readonly period: Period
}

/** Sums what the planes did in the last hour or day: in all registries, or in those that the request names. */
export async function statistics(url: string, deps: StatisticsDeps): Promise<Reply> {
  const query = queryIn(new URL(url, 'http://localhost').searchParams)
  if (typeof query === 'string') return { status: 400, body: { message: query } }
  const [{ report, ruleFigures }, rules = [], holdings, disk] = await Promise.all([
    sumStatistics(deps.store, { ...query, now: deps.clock.wall().getTime() }),
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
  const body: Statistics = { ...report, rules: rules.filter((rule) => isIn(rule, query)).map(ruleStatistics), disk }
  return { status: 200, body }
}

async function diskOf({ measureDisk, totalOfBlobs }: StatisticsDeps): Promise<Disk | null> {
  const space = await measureDisk()
  return space ? { ...space, blobBytes: (await totalOfBlobs())?.bytes ?? null } : null
}

const ACCOUNT = /^\d{12}$/
const REGION = /^[a-z]{2,}(-[a-z]+)+-\d+$/

/** What each parameter may be, and how a value that is not is refused. */
const parameters: Readonly<Record<string, { accepts: (value: string) => boolean; expected: string }>> = {
  period: { accepts: isPeriod, expected: periods.join(' or ') },
  account: { accepts: (value) => ACCOUNT.test(value), expected: '12 digits' },
  region: { accepts: (value) => REGION.test(value), expected: 'a Region such as us-east-1' },
}

/** The query of a request, or why it is none. */
function queryIn(given: URLSearchParams): StatisticsQuery | string {
  for (const name of new Set(given.keys())) {
    const parameter = Object.hasOwn(parameters, name) ? parameters[name] : undefined
    const [value = '', ...more] = given.getAll(name)
    if (!parameter) return `There is no parameter ${name}: give ${Object.keys(parameters).join(', ')}`
    if (more.length > 0) return `${name} is given ${more.length + 1} times: give it once`
    if (!parameter.accepts(value)) return `${name} must be ${parameter.expected}; got ${JSON.stringify(value)}`
  }
  const period = given.get('period') ?? 'hour'
  const [account, region] = [given.get('account'), given.get('region')]
  return {
    period: isPeriod(period) ? period : 'hour',
    ...(account !== null && { account }),
    ...(region !== null && { region }),
  }
}
