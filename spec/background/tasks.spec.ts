import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { memoryKeyValue } from '../../src/adapters/memory/key-value.js'
import { randomIds } from '../../src/adapters/system/random-ids.js'
import { startTasks, type Task } from '../../src/background/tasks.js'
import { leasesOn } from '../../src/coordination/leases/leases.js'
import { storeOf } from '../../src/store/store-of.js'
import { silent } from '../support/silent-log.js'

const HOURLY = 3_600_000
const isDue = async () => true

const leases = (store = storeOf(memoryKeyValue())) => leasesOn({ store, ids: randomIds, log: silent })

/** A task that counts its runs. */
const counted = (properties: Partial<Task> = {}) => {
  const runs = { count: 0 }
  const run = async () => void runs.count++
  const task: Task = { name: 'counted', everyMs: HOURLY, isDue, run, ...properties }
  return { task, runs }
}

const until = async (isTrue: () => boolean) => {
  while (!isTrue()) await sleep(2)
}

describe('background tasks', () => {
  it('A task runs at the start, and again when a collection that it watches is written', async () => {
    const { task, runs } = counted({ watches: ['imageChanges'] })
    const tasks = startTasks([task], { leases: leases(), log: silent })
    await until(() => runs.count === 1)

    tasks.written('imageChanges')
    await until(() => runs.count === 2)
    tasks.written('repositories')
    await tasks.stop()
    expect(runs.count).toBe(2)
  })

  it('A task with nothing to do takes no lease', async () => {
    const store = storeOf(memoryKeyValue())
    const { task, runs } = counted({ everyMs: 1, isDue: async () => ++asked > 3 })
    let asked = 0
    let taken = 0
    const leasesOfStore = leases(store)
    const counting = { tryAcquire: (name: string) => (taken++, leasesOfStore.tryAcquire(name)) }
    const tasks = startTasks([task], { leases: counting, log: silent })
    await until(() => runs.count >= 1)
    await tasks.stop()
    expect([asked >= 4, taken]).toEqual([true, runs.count])
  })

  it('A task that is requested during its run runs again after it, not beside it', async () => {
    let [running, most, runs] = [0, 0, 0]
    const run = async () => {
      most = Math.max(most, ++running)
      await sleep(10)
      running--
      runs++
    }
    const tasks = startTasks([{ name: 'slow', everyMs: HOURLY, isDue, run }], { leases: leases(), log: silent })
    await until(() => running === 1)
    tasks.runSoon()
    tasks.runSoon()
    await until(() => runs === 2)
    await tasks.stop()
    expect(most).toBe(1)
  })

  it('Two processes never run a task at the same time', async () => {
    const store = storeOf(memoryKeyValue())
    let [running, most, runs] = [0, 0, 0]
    const task: Task = {
      name: 'shared',
      everyMs: 1,
      isDue,
      async run() {
        most = Math.max(most, ++running)
        await sleep(5)
        running--
        runs++
      },
    }
    const processes = [1, 2].map(() => startTasks([task], { leases: leases(store), log: silent }))
    await until(() => runs >= 6)
    await Promise.all(processes.map((tasks) => tasks.stop()))
    expect(most).toBe(1)
  })

  it('A task that fails is logged and runs again', async () => {
    const warnings: unknown[] = []
    let runs = 0
    const run = async () => {
      if (++runs === 1) throw new Error('disk on fire')
    }
    const log = { ...silent, warn: (facts: object) => void warnings.push(facts) }
    const tasks = startTasks([{ name: 'frail', everyMs: 1, isDue, run }], { leases: leases(), log })
    await until(() => runs >= 2)
    await tasks.stop()
    expect(warnings).toMatchObject([{ task: 'frail', err: { message: 'disk on fire' } }])
  })

  it('Stopping interrupts a run and waits for its end', async () => {
    let hasEnded = false
    const run = async (stopSignal: AbortSignal) => {
      await sleep(HOURLY, undefined, { signal: stopSignal }).catch(() => {})
      hasEnded = true
    }
    const tasks = startTasks([{ name: 'long', everyMs: 1, isDue, run }], { leases: leases(), log: silent })
    await sleep(10)
    await tasks.stop()
    expect(hasEnded).toBe(true)
  })

  it('Running all tasks ends when those have run, too, that the runs gave more to do', async () => {
    const order: string[] = []
    const done = (name: string, then?: () => void): Task => ({
      name,
      everyMs: HOURLY,
      isDue,
      async run() {
        await sleep(5)
        order.push(name)
        then?.()
      },
    })
    const first = done('first', () => tasks.written('imageChanges'))
    const second = { ...done('second', () => tasks.written('events')), watches: ['imageChanges'] as const }
    const third = { ...done('third'), watches: ['events'] as const }
    const tasks = startTasks([third, second, first], { leases: leases(), log: silent })
    await until(() => order.length >= 3)
    order.length = 0
    await tasks.runAll()
    await tasks.stop()
    expect(order.filter((name) => name === 'first')).toEqual(['first'])
    expect(order.lastIndexOf('second')).toBeGreaterThan(order.indexOf('first'))
    expect(order.lastIndexOf('third')).toBeGreaterThan(order.lastIndexOf('second'))
  })

  it('Running all tasks ends although one always has more to do, and after a stop at once', async () => {
    const { task, runs } = counted({ watches: ['imageChanges'] })
    const endless = {
      ...task,
      run: async () => (await task.run(new AbortController().signal), tasks.written('imageChanges')),
    }
    const tasks = startTasks([endless], { leases: leases(), log: silent })
    await tasks.runAll()
    await tasks.stop()
    const { count } = runs
    await tasks.runAll()
    expect(count).toBeGreaterThan(5)
    expect(runs.count).toBe(count)
  })
})
