import { afterEach, describe, expect, it } from 'vitest'
import { memoryKeyValue } from '../../src/adapters/memory/key-value.js'
import { randomIds } from '../../src/adapters/system/random-ids.js'
import { leasesOn } from '../../src/coordination/leases/leases.js'
import type { KeyValue } from '../../src/registry/ports/key-value.js'
import { StoreUnavailable } from '../../src/registry/ports/key-value.js'
import type { Leases } from '../../src/registry/ports/lease.js'
import { installation } from '../../src/registry/registry.js'
import { storeOf } from '../../src/store/store-of.js'
import { silent as log } from '../support/silent-log.js'

const patience = { beatMs: 20, deadAfterMs: 200, pollMs: 5 }
const failure = { kind: 'unavailable', message: 'it broke off' }
const started: Leases[] = []

/** The leases of one process; several processes share one key-value store. */
function aProcess(keyValue: KeyValue): Leases {
  const leases = leasesOn({ store: storeOf(keyValue), ids: randomIds, log, ...patience })
  started.push(leases)
  return leases
}

function twoProcesses() {
  const keyValue = memoryKeyValue()
  return { one: aProcess(keyValue), other: aProcess(keyValue), keyValue, store: storeOf(keyValue) }
}

afterEach(() => {
  started.splice(0).forEach((leases) => leases.stop())
})

describe('lease', () => {
  it('A lease is held by one process at a time', async () => {
    const { one, other } = twoProcesses()
    const lease = await one.tryAcquire('fill a')
    expect(lease?.fence).toBe(1)
    expect(await other.tryAcquire('fill a')).toBeUndefined()
    expect(await one.tryAcquire('fill a')).toBeUndefined()
    expect(await other.tryAcquire('fill b')).toBeDefined()
  })

  it('A lease goes to exactly one of the callers that request it at the same moment', async () => {
    const { one, other } = twoProcesses()
    const asked = Array.from({ length: 20 }, (_, index) => (index % 2 ? one : other).tryAcquire('fill a'))
    expect((await Promise.all(asked)).filter((lease) => lease)).toHaveLength(1)
  })

  it('A lease stays with a live owner beyond the time after which a silent owner counts as dead', async () => {
    const { one, other } = twoProcesses()
    const lease = await one.tryAcquire('fill a')
    const until = performance.now() + 2 * patience.deadAfterMs
    const taken: unknown[] = []
    const ask = async () => {
      taken.push(await other.tryAcquire('fill a'))
      return performance.now()
    }
    await expect.poll(ask, { interval: 5, timeout: 60_000 }).toBeGreaterThan(until)
    expect(taken.filter((got) => got)).toEqual([])
    expect([lease?.isLost, (await other.look('fill a')).isAlive]).toEqual([false, true])
  })

  it('A released lease goes to the waiting process, and its last release leaves nothing in the store', async () => {
    const { one, other, store } = twoProcesses()
    const lease = await one.acquire('fill a')
    const waiting = other.acquire('fill a')
    await lease.release()
    const next = await waiting
    expect(next.fence).toBe(1)
    await next.release()
    await next.release()
    expect((await store.leases.list(installation, { limit: 9 })).items).toEqual([])
  })

  it('A process can acquire a lease again while it is still releasing it', async () => {
    const { one } = twoProcesses()
    const lease = await one.tryAcquire('fill a')
    void lease?.release()
    expect(await one.tryAcquire('fill a')).toBeDefined()
  })

  it('A lease shows other processes where its bytes can be followed', async () => {
    const { one, other } = twoProcesses()
    expect(await other.look('fill a')).toEqual({ isHeld: false, isAlive: false, fence: 0 })
    const lease = await one.acquire('fill a')
    await lease.announce('some-file')
    expect(await other.look('fill a')).toMatchObject({ isHeld: true, fence: 1, following: 'some-file' })
    expect(await one.look('fill a')).toMatchObject({ isHeld: true, isAlive: true })
  })

  it('A lease released with a failure shows that failure for a while and can be acquired at once', async () => {
    const { one, other, store } = twoProcesses()
    const lease = await one.acquire('fill a')
    await lease.release(failure)
    expect(await other.look('fill a')).toMatchObject({ isHeld: false, failure })
    const next = await other.tryAcquire('fill a')
    expect(next?.fence).toBe(2)
    expect((await one.look('fill a')).failure).toBeUndefined()
    await next?.release(failure)
    await expect.poll(async () => (await store.leases.list(installation, { limit: 9 })).items).toEqual([])
  })
})

it('A failure left behind by a dead owner is removed once its followers have had time to read it', async () => {
  const { other, store } = twoProcesses()
  // The record that an owner leaves when it dies before removing it.
  await store.leases.put(installation, 'fill a', { name: 'fill a', fence: 1, beat: 0, failure })
  const isTold = async () => {
    await other.reap()
    return (await store.leases.get(installation, 'fill a')) !== undefined
  }
  expect([await isTold(), await isTold()]).toEqual([true, true])
  await expect.poll(isTold).toBe(false)
})

describe('dead lease owner', () => {
  it('A waiting process takes over the lease of a dead owner after the waiting time, and not before', async () => {
    const { one, other } = twoProcesses()
    const lease = await one.acquire('fill a')
    one.stop()
    const since = performance.now()
    const next = await other.acquire('fill a')
    expect(performance.now() - since).toBeGreaterThanOrEqual(patience.deadAfterMs - 1)
    expect(next.fence).toBe(lease.fence + 1)
  })

  it('Exactly one of several waiting processes takes over the lease of a dead owner', async () => {
    const { one, other, keyValue } = twoProcesses()
    await one.acquire('fill a')
    one.stop()
    const third = aProcess(keyValue)
    const first = await Promise.race([other, third].map((leases) => leases.acquire('fill a')))
    expect([await other.tryAcquire('fill a'), await third.tryAcquire('fill a')]).toEqual([undefined, undefined])
    expect(first.fence).toBe(2)
  })

  it('The lease of a dead owner is removed in the end when no process requests it', async () => {
    const { one, other, store } = twoProcesses()
    await one.acquire('fill a')
    await other.acquire('fill b')
    one.stop()
    const names = async () => {
      await other.reap()
      return (await store.leases.list(installation, { limit: 9 })).items.map(({ name }) => name)
    }
    expect(await names()).toEqual(['fill a', 'fill b'])
    await expect.poll(names).toEqual(['fill b'])
  })

  it('The lease of a dead owner is reported as not alive and, after the waiting time, as not held', async () => {
    const { one, other } = twoProcesses()
    await one.acquire('fill a')
    one.stop()
    expect(await other.look('fill a')).toMatchObject({ isHeld: true, isAlive: false })
    await expect.poll(async () => (await other.look('fill a')).isHeld).toBe(false)
  })
})

describe('lease owner presumed dead', () => {
  /** A key-value store whose commits wait while its process is stopped. */
  function stoppable(keyValue: KeyValue) {
    let going: Promise<void> | undefined
    let goOn = () => {}
    const commit: KeyValue['commit'] = async (...write) => {
      await going
      return keyValue.commit(...write)
    }
    const stop = () => void (going = new Promise((resolve) => (goOn = resolve)))
    return { keyValue: { ...keyValue, commit }, stop, goOn: () => goOn() }
  }

  it('An owner that was presumed dead learns that its lease is lost and takes nothing from the new owner', async () => {
    const shared = memoryKeyValue()
    const { keyValue, stop, goOn } = stoppable(shared)
    const [one, other] = [aProcess(keyValue), aProcess(shared)]
    const lost = await one.acquire('fill a')
    stop()
    const next = await other.acquire('fill a')
    await other.look('fill a')
    expect(lost.isLost).toBe(true)
    goOn()
    await lost.announce('elsewhere')
    await lost.release(failure)
    expect(await other.look('fill a')).toEqual({ isHeld: true, isAlive: true, fence: next.fence })
    expect([lost.isLost, next.isLost]).toEqual([true, false])
  })

  it('An owner counts its lease as lost while the store is unavailable and regains it if it is free', async () => {
    const keyValue = memoryKeyValue()
    let isAway = false
    const commit: KeyValue['commit'] = async (...write) => {
      if (isAway) throw new StoreUnavailable('away')
      return keyValue.commit(...write)
    }
    const one = aProcess({ ...keyValue, commit })
    const lease = await one.acquire('fill a')
    isAway = true
    await expect.poll(() => lease.isLost).toBe(true)
    isAway = false
    await expect.poll(() => lease.isLost).toBe(false)
  })
})

it('Stopping the leases of a process ends its waiting for a lease', async () => {
  const { one, other } = twoProcesses()
  await one.acquire('fill a')
  const waiting = other.acquire('fill a')
  other.stop()
  await expect(waiting).rejects.toThrow('Stopped')
})
