import type { Config } from '../config/config.js'
import { labelInstallation } from '../upkeep/installation-label.js'
import { sweeper } from '../upkeep/collection/sweeper.js'
import type { Log } from '../registry/ports/log.js'
import type { Metrics } from '../registry/ports/metrics.js'
import type { Storage } from './storage.js'

/** The background work of a process. */
export interface Maintenance {
  readonly stop: () => Promise<void>
}

/**
 * Checks that the store and the blobs belong together and logs an error if they do not, then sweeps periodically: all
 * processes are candidates, and one of them sweeps.
 */
export async function startMaintenance(
  storage: Storage,
  { garbage, store, blobs, dataDir }: Config,
  { log, metrics }: { readonly log: Log; readonly metrics: Metrics },
): Promise<Maintenance> {
  const reason = await labelInstallation(storage.store, storage.blobs, storage.ids)
  if (reason !== undefined) log.error({ reason }, 'garbage collection is disabled until this is corrected')
  if (store.startsWith('redis') && blobs === 'disk')
    log.info({ dataDir }, 'images are on disk: every plane of this installation needs access to this directory')
  const { graceSeconds, sweepIntervalSeconds } = garbage
  if (sweepIntervalSeconds === 0) return { stop: async () => {} }
  return sweeper({ ...storage, log, metrics, graceSeconds, intervalSeconds: sweepIntervalSeconds })
}
