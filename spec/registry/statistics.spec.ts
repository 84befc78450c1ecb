import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { memoryKeyValue } from '../../src/adapters/memory/key-value.js'
import type { Log } from '../../src/registry/ports/log.js'
import type { EndedPull } from '../../src/registry/ports/statistics-recorder.js'
import { installation } from '../../src/registry/registry.js'
import { addDuration, addSteps, type Histogram, latencyOf, stepOf } from '../../src/registry/statistics/histogram.js'
import { bucketStarts } from '../../src/registry/statistics/periods.js'
import { statisticsCounter } from '../../src/registry/statistics/statistics-counter.js'
import { sumStatistics } from '../../src/registry/statistics/statistics-report.js'
import { processStatistics } from '../../src/registry/statistics/statistics-writer.js'
import { storeOf } from '../../src/store/store-of.js'
import { silent } from '../support/silent-log.js'

const registry = { account: '111122223333', region: 'us-east-1' }
const elsewhere = { account: '444455556666', region: 'eu-west-1' }
const begin = Date.parse('2026-01-02T03:04:05.678Z')
const minute = 60_000

const pullOf = (more: Partial<EndedPull> = {}): EndedPull => ({
  registry,
  repository: 'pub/app',
  reference: 'v1',
  principal: 'arn:aws:iam::111122223333:user/dev',
  isPulledThrough: true,
  source: 'cache',
  bytes: { cache: 100, upstream: 0 },
  ...more,
})

/** A pull of one of many repositories by one of many callers. */
const pullOfName = (...name: number[]) =>
  pullOf({ repository: `pub/${name.join('-')}`, principal: `arn:aws:iam::111122223333:user/${name.join('-')}` })

/** An installation whose processes count by a clock that the spec sets. */
function counting(log: Log = silent) {
  const store = storeOf(memoryKeyValue())
  let [time, processes] = [begin, 0]
  const clock = { wall: () => new Date(time) }
  return {
    store,
    set: (to: number) => void (time = to),
    process: (on = store) => processStatistics({ store: on, clock, ids: { uuid: () => `plane-${++processes}` }, log }),
    sum: (period: 'hour' | 'day' = 'hour', filter = {}) => sumStatistics(store, { period, now: time, ...filter }),
    records: async () => (await store.statistics.list(installation, { limit: 1000 })).items,
  }
}

const histogramOf = (...durations: number[]) => {
  const histogram: Histogram = new Map()
  for (const duration of durations) addDuration(histogram, duration)
  return histogram
}

describe('latency', () => {
  it('Percentiles are within nine per cent of the durations, over seven orders of magnitude', () => {
    for (const duration of [0.2, 1, 3.3, 47, 812, 9_999, 650_000, 5_000_000]) {
      const { p50, p95, count } = latencyOf(histogramOf(duration))
      expect([count, p50]).toEqual([1, p95])
      expect(Math.abs((p50 ?? 0) / duration - 1)).toBeLessThan(0.095)
    }
  })

  it('The 95th percentile is that of the one in twenty that waits', () => {
    const durations = [...Array.from({ length: 95 }, () => 1), ...Array.from({ length: 5 }, () => 1000)]
    expect(latencyOf(histogramOf(...durations))).toEqual({ count: 100, p50: 1, p95: 1 })
    const slower = latencyOf(histogramOf(...durations, 1000, 1000))
    expect(slower.p50).toBe(1)
    expect(slower.p95).toBeGreaterThan(900)
  })

  it('Summed histograms have the percentiles of all durations', () => {
    const [fast, slow] = [histogramOf(1, 1, 1), histogramOf(100, 100, 100, 100)]
    for (const [step, count] of slow) addSteps(fast, step, count)
    expect(latencyOf(fast)).toEqual(latencyOf(histogramOf(1, 1, 1, 100, 100, 100, 100)))
  })

  it('Durations of zero and of days fall into the first and the last step, and none has no percentiles', () => {
    expect(stepOf(0)).toBe(stepOf(0.01))
    expect(stepOf(1e12)).toBe(stepOf(1e9))
    expect(latencyOf(new Map())).toEqual({ count: 0, p50: null, p95: null })
  })
})

describe('buckets', () => {
  it('An hour ends with the minute that has begun, and a day with its ten minutes', () => {
    const hour = bucketStarts('hour', begin).map((start) => new Date(start).toISOString())
    expect([hour.length, hour[0], hour[59]]).toEqual([60, '2026-01-02T02:05:00.000Z', '2026-01-02T03:04:00.000Z'])
    const day = bucketStarts('day', begin).map((start) => new Date(start).toISOString())
    expect([day.length, day[0], day[143]]).toEqual([144, '2026-01-01T03:10:00.000Z', '2026-01-02T03:00:00.000Z'])
  })
})

describe('statistics of processes', () => {
  it('The counts of two processes and of two flushes are summed, in their minutes and their ten minutes', async () => {
    const given = counting()
    const [one, other] = [given.process(), given.process()]
    one.recorder.pulled(pullOf())
    one.recorder.sent(registry, 'cache', 100)
    await one.flush()
    one.recorder.pulled(pullOf({ source: 'upstream', bytes: { cache: 0, upstream: 50 } }))
    await one.flush()
    given.set(begin + minute)
    other.recorder.pulled(pullOf({ reference: 'sha256:a', principal: 'arn:other' }))
    other.recorder.manifest(registry, 'cache', 2)
    other.recorder.manifest(registry, 'upstream', 800)
    await other.flush()

    const { report } = await given.sum()
    expect(report.total).toMatchObject({ pulls: { cache: 2, upstream: 1 }, bytes: { cache: 100, upstream: 0 } })
    expect(report.total.latency).toMatchObject({ warm: { count: 1 }, cold: { count: 1 } })
    expect(report.buckets.slice(-2).map(({ start, pulls }) => [start, pulls])).toEqual([
      ['2026-01-02T03:04:00.000Z', { cache: 1, upstream: 1 }],
      ['2026-01-02T03:05:00.000Z', { cache: 1, upstream: 0 }],
    ])
    expect(report.images).toEqual([
      { ...registry, repository: 'pub/app', reference: 'v1', pulls: 2, bytes: 150 },
      { ...registry, repository: 'pub/app', reference: 'sha256:a', pulls: 1, bytes: 100 },
    ])
    expect(report.pullers.map(({ principal, pulls }) => [principal, pulls])).toEqual([
      ['arn:aws:iam::111122223333:user/dev', 2],
      ['arn:other', 1],
    ])
    const day = (await given.sum('day')).report
    expect(day.buckets.at(-1)).toMatchObject({ start: '2026-01-02T03:00:00.000Z', pulls: { cache: 2, upstream: 1 } })
    expect(day.total.pulls).toEqual(report.total.pulls)
  })

  it('Pulls through the cache are those of the rule that serves the repository; pushed images are of none', async () => {
    const given = counting()
    const rule = { upstreamRegistryUrl: 'quay.io', createdAt: 0, updatedAt: 0 }
    for (const ecrRepositoryPrefix of ['pub', 'pub/deep'])
      await given.store.rules.put(registry, ecrRepositoryPrefix, { ...rule, ecrRepositoryPrefix })
    const { recorder, flush } = given.process()
    recorder.pulled(pullOf())
    recorder.pulled(pullOf({ source: 'upstream', bytes: { cache: 10, upstream: 40 } }))
    recorder.pulled(pullOf({ repository: 'pub/deep/app' }))
    recorder.pulled(pullOf({ isPulledThrough: false, bytes: { cache: 7000, upstream: 0 } }))
    recorder.checked({ registry, ecrRepositoryPrefix: 'pub' }, 'failed')
    const failureAt = (time: string) => ({ ...registry, time, what: 'check of pub/app:v1', reason: time })
    recorder.failed({ registry, ecrRepositoryPrefix: 'pub' }, failureAt('2026-01-02'))
    recorder.failed({ registry, ecrRepositoryPrefix: 'pub' }, failureAt('2026-01-01'))
    await flush()

    const { ruleFigures, report } = await given.sum()
    expect(ruleFigures(registry, 'pub')).toEqual({
      ...{ hits: 1, misses: 1, bytesSpared: 110, bytesFetched: 40 },
      checks: { answered: 0, failed: 1 },
      lastFailure: failureAt('2026-01-02'),
    })
    expect(ruleFigures(registry, 'pub/deep')).toMatchObject({ hits: 1, misses: 0, bytesSpared: 100 })
    expect(ruleFigures(elsewhere, 'pub')).toMatchObject({ hits: 0, checks: { failed: 0 }, lastFailure: null })
    expect(report.total).toMatchObject({ pulls: { cache: 3, upstream: 1 }, checks: { answered: 0, failed: 1 } })
  })

  it('A report is of all registries, of those of an account, of those of a Region, or of one', async () => {
    const given = counting()
    const { recorder, flush } = given.process()
    recorder.pulled(pullOf())
    recorder.pulled(pullOf({ registry: elsewhere }))
    await flush()
    const pullsOf = async (filter: object) => (await given.sum('hour', filter)).report.total.pulls.cache
    expect(await pullsOf({})).toBe(2)
    expect(await pullsOf({ account: registry.account })).toBe(1)
    expect(await pullsOf({ region: elsewhere.region })).toBe(1)
    expect(await pullsOf({ account: registry.account, region: elsewhere.region })).toBe(0)
    const { images } = (await given.sum()).report
    expect(images.map(({ account, pulls }) => [account, pulls])).toEqual([
      [registry.account, 1],
      [elsewhere.account, 1],
    ])
  })

  it('A record names at most a hundred images and callers, those with the most pulls; totals count the others', async () => {
    const given = counting()
    const { recorder, flush } = given.process()
    for (let count = 0; count < 1_500; count++)
      recorder.pulled(pullOf({ reference: `v${count}`, principal: `arn:${count}` }))
    for (let count = 0; count < 3; count++) recorder.pulled(pullOf({ reference: 'v500', principal: 'arn:500' }))
    await flush()
    const [record] = await given.records()
    expect([record?.images.length, record?.pullers.length]).toEqual([100, 100])
    const { report } = await given.sum()
    expect(report.total.pulls.cache).toBe(1_503)
    expect(report.images).toHaveLength(10)
    expect([report.images[0], report.pullers[0]]).toMatchObject([{ reference: 'v500', pulls: 4 }, { pulls: 4 }])
  })

  it('Buckets that no report needs are removed by any process that counts, and no others', async () => {
    const given = counting()
    const [one, other] = [given.process(), given.process()]
    for (let count = 0; count < 150; count++) {
      given.set(begin + count * minute)
      one.recorder.pulled(pullOf())
      await one.flush()
    }
    const records = await given.records()
    expect(records.filter(({ start }) => start % (10 * minute) !== 0).length).toBeLessThan(66)
    expect((await given.sum('day')).report.total.pulls.cache).toBe(150)

    given.set(begin + 48 * 60 * minute)
    expect((await given.sum('day')).report.total.pulls.cache).toBe(0)
    other.recorder.pulled(pullOf())
    await other.flush()
    expect(await given.records()).toHaveLength(2)
  })

  it('Records from the future, of a machine whose clock is ahead, are in the report once their time has come', async () => {
    const given = counting()
    given.set(begin + 10 * minute)
    const { recorder, flush } = given.process()
    recorder.pulled(pullOf())
    await flush()
    given.set(begin)
    expect((await given.sum()).report.total.pulls.cache).toBe(0)
    given.set(begin + 11 * minute)
    expect((await given.sum()).report.total.pulls.cache).toBe(1)
  })
})

describe('storing statistics', () => {
  beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] }))
  afterEach(() => void vi.useRealTimers())

  it('Counts are stored two seconds later in one write, and a process at rest writes nothing', async () => {
    const given = counting()
    const transact = vi.spyOn(given.store, 'transact')
    const { recorder } = given.process()
    await vi.advanceTimersByTimeAsync(10_000)
    expect(transact).not.toHaveBeenCalled()
    for (let count = 0; count < 50; count++) recorder.sent(registry, 'cache', 1)
    await vi.advanceTimersByTimeAsync(1_900)
    expect(transact).not.toHaveBeenCalled()
    await vi.advanceTimersByTimeAsync(200)
    await vi.advanceTimersByTimeAsync(10_000)
    expect(transact).toHaveBeenCalledOnce()
    expect((await given.sum()).report.total.bytes.cache).toBe(50)
  })

  it('Counts that cannot be stored are stored once they can be, and the log says so once', async () => {
    const warn = vi.fn<Log['warn']>()
    const given = counting({ ...silent, warn })
    const transact = vi.spyOn(given.store, 'transact').mockRejectedValue(new Error('the store is away'))
    const { recorder, flush } = given.process()
    for (const bytes of [1, 10]) {
      recorder.sent(registry, 'upstream', bytes)
      recorder.pulled(pullOf())
      await flush()
    }
    expect(warn).toHaveBeenCalledOnce()
    transact.mockRestore()
    recorder.sent(registry, 'upstream', 100)
    await flush()
    const { total } = (await given.sum()).report
    expect([total.bytes.upstream, total.pulls.cache]).toEqual([111, 2])
  })

  it('Names that cannot be stored take no more memory than those of one minute, and the most pulled stay', () => {
    const counter = statisticsCounter({ wall: () => new Date(begin) }, () => {})
    for (let round = 0; round < 3; round++) {
      const taken = counter.take()
      for (const pulls of [1, 2]) for (let name = 0; name < 500 * pulls; name++) counter.pulled(pullOfName(round, name))
      counter.putBack(taken)
    }
    const [{ figures, repositories } = { figures: undefined, repositories: undefined }] = counter.take()
    expect([figures?.images.size, figures?.pullers.size, repositories?.size]).toEqual([1000, 1000, 1000])
    expect(figures?.pulls.cache).toBe(4500)
    expect([...(figures?.images.values() ?? [])].filter(({ pulls }) => pulls === 2)).toHaveLength(1000)
  })

  it('What could not be stored for an hour is given up', async () => {
    const given = counting()
    const transact = vi.spyOn(given.store, 'transact').mockRejectedValue(new Error('the store is away'))
    const { recorder, flush, close } = given.process()
    recorder.sent(registry, 'cache', 1)
    await flush()
    given.set(begin + 61 * minute)
    recorder.sent(registry, 'cache', 10)
    await flush()
    transact.mockRestore()
    await close()
    expect((await given.sum('day')).report.total.bytes.cache).toBe(10)
  })

  it('A closed process has stored everything and writes no more', async () => {
    const given = counting()
    const { recorder, close } = given.process()
    recorder.sent(registry, 'cache', 1)
    await close()
    expect((await given.sum()).report.total.bytes.cache).toBe(1)
    recorder.sent(registry, 'cache', 1)
    await vi.advanceTimersByTimeAsync(10_000)
    expect((await given.sum()).report.total.bytes.cache).toBe(1)
  })
})
