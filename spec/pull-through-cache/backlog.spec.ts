import { describe, expect, it, vi } from 'vitest'
import { backlog } from '../../src/pull-through-cache/backlog/backlog.js'
import { telemetryFor } from '../../src/pull-through-cache/telemetry.js'
import { singleFlight } from '../../src/coordination/single-flight.js'
import { StoreUnavailable } from '../../src/registry/ports/key-value.js'
import { startRegistry } from '../support/registry.js'

/** The number of log lines per level after a scan of the import backlog failed with this error. */
async function loggedOf(failure: Error) {
  await using data = await startRegistry()
  const log = { trace() {}, debug: vi.fn(), info() {}, warn: vi.fn(), error() {} }
  const { store, clock, leases, metrics, statistics } = data.deps
  const imports = { ...store.imports, list: () => Promise.reject(failure) }
  const looking = backlog({
    store: { ...store, imports },
    clock,
    retryIntervalSeconds: 900,
    singleFlight: singleFlight(leases),
    completion: async () => {},
    telemetry: telemetryFor({ log, metrics, statistics, events: { cacheAction: async () => {} } }),
  })
  looking.watch()
  await expect.poll(() => log.debug.mock.calls.length + log.warn.mock.calls.length).toBe(1)
  looking.stop()
  return { debug: log.debug.mock.calls.length, warn: log.warn.mock.calls.length }
}

describe('failed scan of the import backlog', () => {
  it('A scan of the import backlog that fails during an outage of the store logs no warning', async () => {
    expect(await loggedOf(new StoreUnavailable('Redis does not answer'))).toEqual({ debug: 1, warn: 0 })
  })

  it('A scan of the import backlog that fails for another reason logs a warning', async () => {
    expect(await loggedOf(new Error('a fault'))).toEqual({ debug: 0, warn: 1 })
  })
})
