import { ruleServing } from '../cache-rules/cache-rule.js'
import { listAll } from '../list-records.js'
import type { Clock } from '../ports/clock.js'
import type { Ids } from '../ports/ids.js'
import type { Log } from '../ports/log.js'
import type { StatisticsRecorder } from '../ports/statistics-recorder.js'
import type { Store } from '../ports/store.js'
import { installation } from '../registry.js'
import { addFigures, type Figures, figuresOf, noFigures, noRuleFigures } from './figures.js'
import { bucketStart, divisions, type Period, periods } from './periods.js'
import { addCounts, type CountedMinute, statisticsCounter } from './statistics-counter.js'
import type { StatisticsBucketId } from './statistics-record.js'
import { figuresIn, recordOf, statisticsKey } from './stored-figures.js'

/** The statistics of a process: counted in memory, and stored every few seconds in records of its own. */
export interface ProcessStatistics {
  readonly recorder: StatisticsRecorder
  /** Stores what was counted. Never rejects: what could not be stored is tried again with the next counts. */
  readonly flush: () => Promise<void>
  /** Stores what was counted, and stops. */
  readonly close: () => Promise<void>
}

/** The dependencies of keeping statistics. */
export interface ProcessStatisticsDeps {
  readonly store: Store
  readonly clock: Pick<Clock, 'wall'>
  readonly ids: Ids
  readonly log: Log
}

/** How long counts are in memory only: what a process loses that is killed. */
const FLUSH_AFTER_MS = 2_000

/** The statistics of a process that has just started. */
export function processStatistics({ store, clock, ids, log }: ProcessStatisticsDeps): ProcessStatistics {
  const process = ids.uuid()
  let timer: NodeJS.Timeout | undefined
  let [isStored, isClosed] = [true, false]
  let prunedAt = 0
  let flushing = Promise.resolve()
  const counter = statisticsCounter(clock, () => {
    if (!isClosed) timer ??= setTimeout(() => void flush(), FLUSH_AFTER_MS).unref()
  })

  async function storeCounts(): Promise<void> {
    timer = void clearTimeout(timer)
    const minutes = counter.take()
    if (minutes.length === 0) return
    try {
      await attributeToRules(minutes, store)
      await addToRecords(minutes, process, store)
      isStored = true
    } catch (err) {
      if (isStored) log.warn({ err }, 'the statistics could not be stored: they are kept in memory and tried again')
      isStored = false
      return counter.putBack(minutes)
    }
    const minute = bucketStart('hour', clock.wall().getTime())
    if (minute === prunedAt) return
    prunedAt = minute
    await pruneStatistics(store, minute).catch((err: unknown) => log.debug({ err }, 'old statistics were not removed'))
  }

  /** One after another, because each adds to the records that the one before has stored. */
  const flush = () => (flushing = flushing.then(storeCounts))

  return {
    recorder: counter,
    flush,
    async close() {
      isClosed = true
      await flush()
    },
  }
}

/** Adds the pulls through the cache to the figures of the rules that serve the repositories now. */
async function attributeToRules(minutes: readonly CountedMinute[], store: Pick<Store, 'rules'>): Promise<void> {
  for (const { registry, figures, repositories } of minutes) {
    if (repositories.size === 0) continue
    const rules = await listAll(store.rules, registry)
    for (const [repository, pulls] of repositories) {
      const rule = ruleServing(repository, rules)
      if (rule) addCounts(figuresOf(figures.rules, rule.ecrRepositoryPrefix, noRuleFigures), pulls)
    }
    repositories.clear()
  }
}

/** Adds the counts to this process's record of the minute and to that of the ten minutes. */
async function addToRecords(minutes: readonly CountedMinute[], process: string, store: Store): Promise<void> {
  const sums = new Map<string, { readonly id: StatisticsBucketId; readonly figures: Figures }>()
  for (const { registry, start, figures } of minutes)
    for (const period of periods) {
      const id = { ...registry, start: bucketStart(period, start), process }
      const sum = figuresOf(sums, statisticsKey(period, id), () => ({ id, figures: noFigures() }))
      addFigures(sum.figures, figures)
    }
  await store.transact(installation, ({ statistics }) =>
    Promise.all(
      [...sums].map(async ([key, { id, figures }]) => {
        const stored = await statistics.get(installation, key)
        const sum = noFigures()
        if (stored) addFigures(sum, figuresIn(stored))
        addFigures(sum, figures)
        await statistics.put(installation, key, recordOf(id, sum))
      }),
    ),
  )
}

/** Records removed at a time. */
const PRUNED_PAGE = 100

/** Removes the buckets of all processes that no report needs at this time any more. */
export async function pruneStatistics(store: Pick<Store, 'statistics'>, time: number): Promise<void> {
  for (const period of periods) await prunePeriod(period, time - divisions[period].keptMs, store)
}

async function prunePeriod(period: Period, before: number, { statistics }: Pick<Store, 'statistics'>): Promise<void> {
  for (;;) {
    const { items } = await statistics.list(installation, { limit: PRUNED_PAGE, prefix: `${period} ` })
    const old = items.filter(({ start }) => start < before)
    await Promise.all(old.map((record) => statistics.remove(installation, statisticsKey(period, record))))
    if (old.length < PRUNED_PAGE) return
  }
}
