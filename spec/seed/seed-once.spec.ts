import { describe, expect, it } from 'vitest'
import { memoryKeyValue } from '../../src/adapters/memory/key-value.js'
import { randomIds } from '../../src/adapters/system/random-ids.js'
import { leasesOn } from '../../src/coordination/leases/leases.js'
import { listAll } from '../../src/registry/list-records.js'
import type { Store } from '../../src/registry/ports/store.js'
import { installation } from '../../src/registry/registry.js'
import { type Moment, seeder } from '../../src/seed/seeder.js'
import { storeOf } from '../../src/store/store-of.js'
import { account, region, startEmulator } from '../support/emulator.js'
import { recordedLog } from '../support/recorded-log.js'
import { repositoryName, whole } from '../support/seeds.js'
import { silent } from '../support/silent-log.js'

/** Starts of a process with the whole seed. */
async function started(store?: Store) {
  const emulator = await startEmulator(store && { store })
  const log = recordedLog()
  const emptyStore = () => storeOf(memoryKeyValue())
  const start = (leases = emulator.deps.leases, after?: Moment) =>
    seeder(whole, undefined, { ...emulator.deps, leases, log, emptyStore }).apply(after)
  return { ...emulator, log, start }
}

describe('a seed', () => {
  it('A second application changes nothing and says so in one line, and takes no lease', async () => {
    await using emulator = await started()
    await emulator.start()
    const records = await listAll(emulator.deps.store.repositories, { account, region })
    const [, , lastOfFirst] = emulator.log.lines.at(-1) ?? []
    expect(lastOfFirst).toBe('seed: 6 created, 3 updated')
    const said = emulator.log.lines.length
    const leases = { ...emulator.deps.leases, acquire: () => Promise.reject(new Error('there is nothing to do')) }
    const again = await emulator.start(leases)

    expect(again.map(({ outcome, isFromBefore }) => [outcome, isFromBefore])).toEqual(
      Array.from({ length: 9 }, () => ['unchanged', true]),
    )
    expect(emulator.log.lines.slice(said).filter(([level]) => level !== 'debug')).toEqual([
      ['info', {}, 'seed: nothing to do, unchanged since it was put in place: 9 items'],
    ])
    expect(await listAll(emulator.deps.store.repositories, { account, region })).toEqual(records)
  })

  it('Processes that start at once put each entry in place once, and all go on when everything is there', async () => {
    const store = storeOf(memoryKeyValue())
    await using one = await started(store)
    await using other = await started(store)
    const leasesOfProcess = () => leasesOn({ store, ids: randomIds, log: silent, pollMs: 5 })
    const reports = await Promise.all([one.start(leasesOfProcess()), other.start(leasesOfProcess())])

    const doneBy = reports.map((lines) => lines.filter(({ isFromBefore }) => !isFromBefore).length)
    expect(doneBy.sort()).toEqual([0, 9])
    expect(await listAll(store.leases, installation)).toEqual([])
  })

  it('A process that loses the lease waits for it, and finds what another one has put in place meanwhile', async () => {
    await using emulator = await started()
    const { deps } = emulator
    let holders = 0
    const leases = {
      ...deps.leases,
      acquire: async (name: string) => {
        const lease = await deps.leases.acquire(name)
        const isFirst = ++holders === 1
        return { ...lease, isLost: isFirst, release: () => lease.release() }
      },
    }
    const lines = await emulator.start(leases)
    expect(holders).toBe(2)
    expect(lines.map(({ outcome }) => outcome)).not.toContain('failed')
    expect(lines).toHaveLength(9)
  })

  it('After a reset, an entry whose record was written during the reset is put in place again', async () => {
    await using emulator = await started()
    const { store, leases } = emulator.deps
    await emulator.start()
    const registry = { account, region }
    await store.repositories.remove(registry, repositoryName)
    const outcomes = async (after: Moment) => (await emulator.start(leases, after)).map(({ outcome }) => outcome)
    expect(new Set(await outcomes('start'))).toEqual(new Set(['unchanged']))
    expect((await outcomes('reset')).filter((outcome) => outcome !== 'unchanged')).toEqual(['created'])
    expect(await store.repositories.get(registry, repositoryName)).toBeDefined()
    expect(new Set(await outcomes('reset'))).toEqual(new Set(['unchanged']))
  })
})
